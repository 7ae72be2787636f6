// What a command says that waits for a task while the fleet has no worker to run it.
import type { RedisExecutor } from '../redis/index.ts'
import type { JobLine } from './job-line.ts'

export const NO_WORKER = 'No worker has joined: cornichon worker starts one.'

/** Milliseconds. */
const PATIENCE = 2_000

/** Says so on stderr, once, if there is none after a while, and none of the waiting is over by then: the function returned ends it. */
export function tellIfNoWorker({ capacity }: Pick<RedisExecutor, 'capacity'>, line: JobLine): () => void {
  let isOver = false
  const look = async () => {
    await capacity.refresh()
    if (isOver || capacity.nodes.size > 0) return
    line.clear()
    console.error(NO_WORKER)
  }
  // It may be over while it looks, and its connection with it.
  const timer = setTimeout(() => void look().catch(() => {}), PATIENCE)
  return () => {
    isOver = true
    clearTimeout(timer)
  }
}
