// Ctrl-C of a command that waits: the first one ends it in the command's own way, in order. A second one, or one while it
// leaves the fleet, ends the process as the system does.

/** What a program exits with that the signal ended. */
export const INTERRUPTED = 130

/** Milliseconds after which somebody who has pressed Ctrl-C is told why the command is still there. */
const PATIENCE = 2_000

/** Calls `stop` at the first Ctrl-C while `work` is under way. `then`: what else a second one does. */
export async function stoppable<T>(stop: () => void, work: () => Promise<T>, then = ''): Promise<T> {
  const interrupt = () => {
    const text = `cornichon: waits for Redis, to end in order; Ctrl-C again ends this command at once${then}`
    setTimeout(() => console.error(text), PATIENCE).unref()
    stop()
  }
  process.once('SIGINT', interrupt)
  try {
    return await work()
  } finally {
    process.off('SIGINT', interrupt)
  }
}

/** At the first Ctrl-C `work` is told, and not waited for any more, wherever it is. False then. */
export function untilInterrupted(work: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
  const interruption = new AbortController()
  return new Promise((resolve, reject) => {
    const stop = () => {
      resolve(false)
      interruption.abort()
    }
    stoppable(stop, () => work(interruption.signal)).then(() => resolve(true), reject)
  })
}
