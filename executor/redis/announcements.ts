// What workers have to know that start later: kinds of slots that calls ask for, and functions that are to run on all of
// them. Those that are there are told; a Redis that has lost all is told once more.
import type { Link } from './link.ts'

export class Announcements {
  readonly #link: Link
  readonly #shapes = new Set<string>()
  readonly #setUps: Buffer[] = []
  /** The set-ups are in the list that was there by this connection. */
  #listedFor = Number.NEGATIVE_INFINITY

  constructor(link: Link) {
    this.#link = link
    link.onBeat(() => void this.#again().catch(() => {}))
  }

  /** A kind of slots that nobody may have asked for yet: workers take from its queue from now on. */
  shape(shape: string): void {
    if (this.#shapes.has(shape)) return
    this.#shapes.add(shape)
    const { redis, keys } = this.#link
    redis.sadd(keys.shapes, shape).catch(() => {})
    this.#tell([shape])
  }

  async setUp(frame: Buffer): Promise<void> {
    const { redis, keys } = this.#link
    await redis.rpush(keys.setUps, frame)
    this.#setUps.push(frame)
  }

  #tell(shapes: readonly string[]): void {
    for (const shape of shapes) void this.#link.tellAll({ kind: 'shape', shape })
  }

  async #again(): Promise<void> {
    await Promise.all([this.#shapesAgain(), this.#setUpsAgain()])
  }

  async #setUpsAgain(): Promise<void> {
    const { redis, keys, back } = this.#link
    if (this.#listedFor === back) return
    for (const frame of this.#setUps)
      if ((await redis.lpos(keys.setUps, frame)) === null && this.#setUps.includes(frame))
        await redis.rpush(keys.setUps, frame)
    this.#listedFor = back
  }

  async #shapesAgain(): Promise<void> {
    const shapes = [...this.#shapes]
    if (shapes.length === 0) return
    const { redis, keys } = this.#link
    if ((await redis.sadd(keys.shapes, ...shapes)) > 0) this.#tell(shapes)
  }

  /** Its set-ups run on no more workers. */
  async withdraw(): Promise<void> {
    const { redis, keys } = this.#link
    await Promise.all(this.#setUps.map((frame) => redis.lrem(keys.setUps, 0, frame)))
  }
}
