// What a command says that waits for a task while the fleet has no worker to run it.
import type { RedisExecutor } from '../redis/index.ts'
import { isNew, uptimeOf } from '../redis/uptime.ts'
import type { JobLine } from './job-line.ts'

export const NO_WORKER = 'No worker has joined: cornichon worker starts one.'

/** Where Redis has not run for long: it does not know who was there before. */
export const NO_WORKER_YET =
  'No worker is there yet: Redis was started a moment ago, and workers that it had before may take 15 seconds to be back. Where there were none, cornichon worker starts one.'

/** Milliseconds. */
const PATIENCE = 2_000

/**
 * Says so on stderr, once, if there is none after a while, and none of the waiting is over by then: the function returned
 * ends it. Where Redis or the connection to it is new, workers get the time to be back.
 */
export function tellIfNoWorker(
  { capacity, link }: Pick<RedisExecutor, 'capacity' | 'link'>,
  line: JobLine,
): () => void {
  let isOver = false
  let timer: NodeJS.Timeout
  const look = async () => {
    await capacity.refresh()
    if (isOver || capacity.nodes.size > 0) return
    const mayComeBack = link.isJustBack || isNew(await uptimeOf(link.redis))
    if (isOver) return
    if (mayComeBack) return lookLater()
    line.clear()
    console.error(NO_WORKER)
  }
  const lookLater = () => {
    // It may be over while it looks, and its connection with it.
    timer = setTimeout(() => void look().catch(() => {}), PATIENCE)
  }
  lookLater()
  return () => {
    isOver = true
    clearTimeout(timer)
  }
}
