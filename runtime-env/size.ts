// What a number of bytes is called, wherever people read one.

/**
 * `812 B`, `4.20 kB`, `1.31 MB`: three digits that count. With 1024, `1.25 MiB`: for what has limits that are said so.
 */
export function formatSize(bytes: number, base: 1000 | 1024 = 1000): string {
  if (bytes < base) return `${bytes} B`
  let value = bytes
  let unit = -1
  do {
    value /= base
    unit++
  } while (value >= base - 0.5 && unit < units.length - 1)
  const digits = value >= 99.95 ? value.toFixed(0) : value.toPrecision(3)
  return `${digits} ${base === 1000 ? units[unit] : `${units[unit]!.toUpperCase()[0]}iB`}`
}
const units = ['kB', 'MB', 'GB', 'TB']
