// A process lives as long as something is under way, and no longer: connections alone do not keep it.

import type { Redis } from 'ioredis'
import { clearInterval, setInterval } from '../../serializer/globals.ts'

export class KeepAlive {
  #count = 0
  /** One for all: to make it anew for each call would cost more than the rest. */
  readonly #timer = setInterval(() => {}, 1 << 30).unref()

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
    if (this.#count++ === 0) this.#timer.ref()
  }

  end(): void {
    if (--this.#count === 0) this.#timer.unref()
  }

  close(): void {
    clearInterval(this.#timer)
  }
}
