// Sizes, counts and trees as people read them.

/** `812 B`, `4.2 kB`, `1.31 MB`: three digits that count. */
export function formatSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  let value = bytes
  let unit = -1
  do {
    value /= 1000
    unit++
  } while (value >= 999.5 && unit < units.length - 1)
  return `${value >= 100 ? value.toFixed(0) : value.toPrecision(3)} ${units[unit]}`
}
const units = ['kB', 'MB', 'GB']

/** `1 value`, `2,340 values`. */
export function formatCount(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`
}

export interface TreeNode {
  readonly label: string
  readonly children?: readonly TreeNode[]
}

/** The tree as lines, with the branches drawn. */
export function formatTree({ label, children = [] }: TreeNode): string[] {
  return [
    label,
    ...children.flatMap((child, i) => {
      const isLast = i === children.length - 1
      return formatTree(child).map((line, j) => {
        if (j === 0) return `${isLast ? '└─' : '├─'} ${line}`
        return `${isLast ? '  ' : '│ '} ${line}`
      })
    }),
  ]
}
