// A connection on which nothing is heard any more, though something was asked: the other side is gone without a word, or what
// lies between holds it up for good. The system would notice that after a quarter of an hour, or never.
import type { Socket } from 'node:net'
import type { Redis } from 'ioredis'
import { clearInterval, setInterval } from '../../serializer/globals.ts'

/** Milliseconds. */
export const LOOK = 5_000
/** So many looks, and not so much time: a process whose event loop is held hears nothing meanwhile. */
export const STUCK_AFTER = 4
/** Whoever can do without it need not wait so long. */
const SILENT_AFTER = 2

interface Watched {
  /** It is asked something that it has not answered. */
  isAsked: boolean
  readonly onStuck: () => void
  /** How far its bytes are, both ways. */
  seen: string
  idle: number
}

export class Watch {
  readonly #watched = new Map<Redis, Watched>()
  readonly #timer: NodeJS.Timeout

  constructor(every = LOOK) {
    this.#timer = setInterval(() => this.#look(), every)
    this.#timer.unref()
  }

  /** Is connected anew where that is so, unless another thing is said: what was asked is asked again then. */
  add(redis: Redis, onStuck = () => redis.disconnect(true)): void {
    this.#watched.set(redis, { isAsked: false, onStuck, seen: '', idle: 0 })
  }

  /** For some looks it has not answered what it was asked. */
  isSilent(redis: Redis): boolean {
    return (this.#watched.get(redis)?.idle ?? 0) >= SILENT_AFTER
  }

  #look(): void {
    for (const [redis, watched] of this.#watched) {
      const { status } = redis
      if (status === 'ready' && !watched.isAsked) this.#ask(redis, watched)
      const seen = progressOf(redis)
      const isStuck = (watched.isAsked || status === 'connect') && seen === watched.seen
      watched.seen = seen
      watched.idle = isStuck ? watched.idle + 1 : 0
      if (watched.idle < STUCK_AFTER) continue
      watched.idle = 0
      watched.onStuck()
    }
  }

  #ask(redis: Redis, watched: Watched): void {
    watched.isAsked = true
    const answered = () => {
      watched.isAsked = false
    }
    redis.ping().then(answered, answered)
  }

  close(): void {
    clearInterval(this.#timer)
  }
}

/**
 * Where bytes wait to leave, those that do count, too: a slow line may take long for many of them. What is said while none wait
 * does not: the system takes some that nobody hears.
 */
function progressOf(redis: Redis): string {
  const { stream } = redis as unknown as { stream?: Socket & { _handle?: { writeQueueSize?: number } } }
  if (!stream) return ''
  const { localPort, bytesRead, bytesWritten, writableLength, _handle } = stream
  const heard = `${localPort} ${bytesRead}`
  return writableLength === 0 ? heard : `${heard} ${bytesWritten - writableLength} ${_handle?.writeQueueSize}`
}
