// Who makes the objects that are not there yet, and whose refs others may have: their makers say so, for as long as that is so.
// Whoever waits for one that is nowhere, and that nobody makes, is told: it would wait for ever.
import { Life } from './keys.ts'
import type { Link } from './link.ts'
import { slicesOf } from './slices.ts'

/** In one command. */
const AT_ONCE = 1000
/** So many looks in vain, one after the other: a maker that can't say so just now says it again with each beat. */
const DEAD_AFTER = 2
const LOST_AFTER = 3

export class Makers {
  readonly #link: Link
  /** What this process makes, and when Redis was told last; 0: it has not taken it. */
  readonly #said = new Map<string, number>()
  /** By object: how often it was looked for in vain. */
  #missed = new Map<string, number>()

  constructor(link: Link) {
    this.#link = link
    link.onBeat(() => this.#renew())
  }

  /** This process makes it, and others have its ref. */
  say(id: string): void {
    if (!this.#said.has(id)) this.#say(id)
  }

  #say(id: string): void {
    const { redis, keys, id: process } = this.#link
    const key = keys.maker(id)
    this.#said.set(id, Date.now())
    redis
      .set(key, process, 'PX', Life.object)
      // A Redis that is full lets what is there last.
      .catch(() => redis.pexpire(key, Life.object))
      .catch(() => 0)
      .then((isThere) => {
        if (isThere === 0 && this.#said.has(id)) this.#said.set(id, 0)
      })
  }

  /** It is there: the keys that have to go. */
  made(id: string): readonly string[] {
    return this.#said.delete(id) ? [this.#link.keys.maker(id)] : []
  }

  #renew(): void {
    const now = Date.now()
    // A Redis that was away may have lost all.
    const most = this.#link.isJustBack ? Life.lease : Life.object / 3
    for (const [id, said] of this.#said) if (now - said > most) this.#say(id)
  }

  /** Of objects that are waited for here, those that nobody makes any more: why each is not there. Asked at each beat. */
  async lost(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const lost = new Map<string, string>()
    const missed = new Map<string, number>()
    // Others were cut off, too: they come back one after another.
    if (!this.#link.isJustBack)
      for (const some of slicesOf(ids, AT_ONCE)) await this.#lookFor(some, missed, lost)
    this.#missed = missed
    return lost
  }

  async #lookFor(
    ids: readonly string[],
    missed: Map<string, number>,
    lost: Map<string, string>,
  ): Promise<void> {
    const { redis, keys } = this.#link
    const makers = await redis.mget(ids.map(keys.maker))
    const isAlive = new Map<string | null, boolean>([[null, false]])
    for (const maker of new Set(makers))
      if (maker !== null) isAlive.set(maker, await this.#link.isAlive(maker))
    for (const [i, id] of ids.entries()) {
      const maker = makers[i] ?? null
      if (isAlive.get(maker)) continue
      const count = (this.#missed.get(id) ?? 0) + 1
      missed.set(id, count)
      if (count < (maker === null ? LOST_AFTER : DEAD_AFTER)) continue
      if (await this.#isThere(id, maker === null)) continue
      lost.set(
        id,
        maker === null
          ? `object ${id} is not in Redis, and nobody makes it: it was freed, or nobody had a ref of it for an hour, or Redis has lost its data`
          : `object ${id} will not be made: ${maker.startsWith('node-') ? 'the worker process has ended whose task called for it' : 'the driver has ended that called for it'}`,
      )
    }
  }

  /** Or the call is that makes it: one that was submitted, whose driver has left. */
  async #isThere(id: string, orItsCall: boolean): Promise<boolean> {
    const { redis, keys } = this.#link
    const call = orItsCall ? [keys.call(id.slice(0, id.lastIndexOf('.')))] : []
    return (await redis.exists(keys.object(id), ...call)) > 0
  }
}
