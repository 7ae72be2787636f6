// How large packages may be: what is too large is, as a rule, there by accident, so the largest files are named.
import { formatSize } from '../size.ts'

const FILE_WARNING = 10 * 2 ** 20
const PACKAGE_LIMIT = 500 * 2 ** 20

interface Sized {
  readonly path: string
  readonly size: number
}

/** Throws a RangeError for a package that is too large; warns of large files. `remedy` says how one gets rid of them. */
export function checkSize(what: string, files: readonly Sized[], remedy: string): number {
  const total = files.reduce((sum, { size }) => sum + size, 0)
  if (total > PACKAGE_LIMIT) {
    throw new RangeError(
      `${what} is ${formatSize(total, 1024)}, and the limit of a package is ${formatSize(PACKAGE_LIMIT, 1024)}. ` +
        `The largest files: ${list(largest(files))}. ${remedy}`,
    )
  }
  const large = files.filter(({ size }) => size >= FILE_WARNING)
  if (large.length > 0) {
    process.emitWarning(
      `${what} has large files, which every worker fetches: ${list(largest(large))}. ${remedy}`,
      { type: 'LargePackageWarning' },
    )
  }
  return total
}

function largest(files: readonly Sized[]): readonly Sized[] {
  return [...files].sort((a, b) => b.size - a.size)
}

function list(files: readonly Sized[]): string {
  const shown = files.slice(0, 5).map(({ path, size }) => `${path} (${formatSize(size, 1024)})`)
  return shown.join(', ') + (files.length > 5 ? `, and ${files.length - 5} more files` : '')
}
