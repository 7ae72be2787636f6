// How far a job is: how many calls its tasks have made, theirs included, and how many of these are over. Counted
// where the calls are made, and added up in Redis a few times a second.
import { clearTimeout, setTimeout } from '../../serializer/globals.ts'
import { Life } from './keys.ts'
import type { Link } from './link.ts'

/** Milliseconds. */
const EVERY = 100

export interface Progress {
  readonly made: number
  readonly over: number
}

export class JobProgress {
  readonly #link: Link
  /** Not told yet, by job. */
  readonly #news = new Map<string, { made: number; over: number }>()
  #timer: NodeJS.Timeout | null = null

  constructor(link: Link) {
    this.#link = link
  }

  made(job: string): void {
    this.#newsOf(job).made++
  }

  over(job: string): void {
    this.#newsOf(job).over++
  }

  #newsOf(job: string): { made: number; over: number } {
    let news = this.#news.get(job)
    if (news === undefined) this.#news.set(job, (news = { made: 0, over: 0 }))
    this.#timer ??= setTimeout(() => void this.tell(), EVERY).unref()
    return news
  }

  async tell(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const { redis, keys } = this.#link
    const sent: Promise<unknown>[] = []
    for (const [job, { made, over }] of this.#news) {
      const key = keys.progress(job)
      if (made > 0) sent.push(redis.hincrby(key, 'made', made))
      if (over > 0) sent.push(redis.hincrby(key, 'over', over))
      sent.push(redis.pexpire(key, Life.note))
    }
    this.#news.clear()
    await Promise.all(sent).catch(() => {})
  }

  async read(job: string): Promise<Progress> {
    const [made, over] = await this.#link.redis.hmget(this.#link.keys.progress(job), 'made', 'over')
    return { made: Number(made ?? 0), over: Number(over ?? 0) }
  }

  /** Nobody is to ask for it any more. Where Redis is away, its time ends it. */
  async forget(job: string): Promise<void> {
    this.#news.delete(job)
    const { redis, keys } = this.#link
    if (redis.status === 'ready') await redis.unlink(keys.progress(job)).catch(() => {})
  }
}
