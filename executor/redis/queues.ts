// BullMQ's queues, as a submitter has them: one for each shape of slots, one for each actor. The jobs hold no data: that
// is in the call's frame, as bytes.
import type { JobsOptions, Queue } from 'bullmq'
import { loadBullMQ } from './bullmq.ts'
import type { Link } from './link.ts'
import type { JobData } from './wire.ts'

/** BullMQ takes no more. */
const LOWEST_PRIORITY = 2_097_151

export function jobOptions(id: string, priority: number): JobsOptions {
  return {
    jobId: id,
    removeOnComplete: true,
    removeOnFail: { count: 1000 },
    ...(priority > 0 && { priority: Math.min(priority, LOWEST_PRIORITY) }),
  }
}

export class Queues {
  readonly #link: Link
  readonly #byName = new Map<string, Queue<JobData>>()

  constructor(link: Link) {
    this.#link = link
  }

  get(name: string): Queue<JobData> {
    let queue = this.#byName.get(name)
    if (queue === undefined) {
      const { redis, keys } = this.#link
      const { Queue } = loadBullMQ()
      queue = new Queue<JobData>(name, { connection: redis, prefix: keys.prefix, skipMetasUpdate: true })
      // The connection tells of its own losses.
      queue.on('error', () => {})
      this.#byName.set(name, queue)
    }
    return queue
  }

  /** If it still waits. */
  async remove(name: string, id: string): Promise<void> {
    await this.get(name)
      .remove(id)
      .catch(() => {})
  }

  /** An actor's, whose mailbox is not needed any more. */
  forget(name: string): void {
    const queue = this.#byName.get(name)
    this.#byName.delete(name)
    queue?.close().catch(() => {})
  }

  async close(): Promise<void> {
    await Promise.all([...this.#byName.values()].map((queue) => queue.close().catch(() => {})))
    this.#byName.clear()
  }
}

export function actorQueue(actor: string): string {
  return `actor-${actor}`
}
