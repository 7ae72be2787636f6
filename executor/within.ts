// Waits for what may take too long.
import { clearTimeout, setTimeout } from '../serializer/globals.ts'
import { LONGEST_TIMER } from './options.ts'

/** Until it is over, and no longer than so many milliseconds. */
export async function within(most: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.min(most, LONGEST_TIMER))
  })
  await Promise.race([work, late])
  clearTimeout(timer)
}
