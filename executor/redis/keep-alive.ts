// A process lives as long as something is under way, and no longer: connections alone do not keep it.
import type { Redis } from 'ioredis'

export class KeepAlive {
  #count = 0
  #timer: NodeJS.Timeout | null = null

  constructor(redis: Redis) {
    this.add(redis)
  }

  /** A connection that is not to keep the process alive by itself. */
  add(redis: Redis): void {
    const unref = () => (redis as unknown as { stream?: { unref?(): void } }).stream?.unref?.()
    unref()
    redis.on('connect', unref)
  }

  begin(): void {
    if (this.#count++ === 0) this.#timer = setInterval(() => {}, 1 << 30)
  }

  end(): void {
    if (--this.#count === 0) this.close()
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }
}
