// What a command prints, and what becomes of it where that can't be written: a full disk, a pipe whose reader has left.

import { reportFailure, UsageError } from './failure.ts'
import { reasonOf } from './files.ts'

let isNeeded = true
let consequence = ''

/** From now on: once for the process. */
export function watchOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (!isNeeded) return
    // A pipe that is closed early (`| head`) is no failure.
    if (error.code === 'EPIPE') process.exit()
    reportFailure(new UsageError(`the output can't be written: ${reasonOf(error)}${consequence}`))
    process.exit(2)
  })
  // Where nobody hears what went wrong, the exit code tells.
  process.stderr.on('error', () => {})
}

/** What is printed is only told, and not what the command is for: it goes on without. */
export function doWithoutOutput(): void {
  isNeeded = false
}

/** `otherwise` is what else has to be known if it can't be written. */
export function print(text: string, otherwise: string): void {
  consequence = `; ${otherwise}`
  console.log(text)
}

/** What was printed is written, or has failed: before the process ends. */
export async function written(): Promise<void> {
  await new Promise<void>((resolve) => process.stdout.write('', () => resolve()))
  // Its failure is told after that.
  await new Promise<void>((resolve) => setImmediate(resolve))
}
