// How far the values are that a process is sending: all that are under way at once count as one upload.
import type { Redis } from 'ioredis'
import type { UploadProgress } from './packages.ts'

type OnProgress = (progress: UploadProgress) => void

class Uploads {
  readonly #onProgress: OnProgress
  #done = 0
  #total = 0

  constructor(onProgress: OnProgress) {
    this.#onProgress = onProgress
  }

  add(bytes: number, sent: Promise<unknown>): void {
    if (this.#total === 0) this.#tell(0, bytes)
    this.#total += bytes
    const end = () => {
      this.#done += bytes
      this.#tell(this.#done, this.#total)
      if (this.#done === this.#total) this.#done = this.#total = 0
    }
    // What could not be sent is told by who waits for it.
    sent.then(end, end)
  }

  #tell(done: number, total: number): void {
    this.#onProgress({ step: 'send', path: 'values', done, total })
  }
}

const watched = new WeakMap<Redis, Uploads>()

/** From now on, says how far the values are that go over this connection. */
export function watchUploads(redis: Redis, onProgress: OnProgress): void {
  watched.set(redis, new Uploads(onProgress))
}

/** So many bytes of a value were sent when the promise settles. */
export function uploading(redis: Redis, bytes: number, sent: Promise<unknown>): Promise<unknown> {
  watched.get(redis)?.add(bytes, sent)
  return sent
}
