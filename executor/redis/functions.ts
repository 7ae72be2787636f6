// Functions and classes in Redis: each once, by its hash, for as long as somebody uses it. A process says that it does in
// the same key; the last one that lets go of it drops it. Of a process that is killed, its hour goes by.
import type { Exported } from '../executor.ts'
import { FunctionStore } from '../functions.ts'
import { refsOf } from '../payload.ts'
import { Life } from './keys.ts'
import type { Link } from './link.ts'
import type { RedisObjects } from './objects.ts'
import { slicesOf } from './slices.ts'
import { unlinkAll } from './unlink.ts'
import { encodeOutcome, glance, outsideKeys, storeOutside } from './values.ts'

/** Functions that one command lets go of. */
const AT_ONCE = 500

/** The fields of a function's key. Those of its users begin with `by:`. */
export const FunctionField = { frame: 'frame', name: 'name' } as const
export const purposeOfFunction = (hash: string): string => `fn-${hash}`

class Known {
  readonly exported: Exported
  /** Whose calls need it; those of a driver's own process all do. */
  readonly drivers = new Set<string>()
  isStored = false
  /** Actors that have it, and outlive this process. */
  readonly givenTo = new Set<string>()
  /** What is too large for the key itself. */
  outside: readonly string[] = []

  constructor(exported: Exported) {
    this.exported = exported
  }
}

export class FleetFunctions {
  readonly #link: Link
  readonly #objects: RedisObjects
  readonly #known = new FunctionStore<Known>((known) => this.#forget(known))
  /** By hash: actors of this process that outlive their drivers, and may have to start again. */
  readonly #kept = new Map<string, Set<string>>()
  #lastRenewal = Date.now()

  constructor(link: Link, objects: RedisObjects) {
    this.#link = link
    this.#objects = objects
    link.onBeat(() => this.#renew())
  }

  has(hash: string): boolean {
    return this.#known.get(hash) !== undefined
  }

  add(fn: Exported): void {
    if (this.has(fn.hash)) return
    const known = new Known(fn)
    this.#known.add(known)
    const refs = refsOf(fn.value)
    for (const id of refs) this.#objects.hold(id)
    this.#objects.share(refs)
    this.#store(known)
  }

  all(): Exported[] {
    return Array.from(this.#known.values(), ({ exported }) => exported)
  }

  hold(hashes: readonly string[]): void {
    this.#known.hold(hashes)
  }

  letGo(hashes: readonly string[]): void {
    this.#known.letGo(hashes)
  }

  /** A call that a driver is waiting for needs them, until it is over and lets go of them. */
  use(hashes: readonly string[], driver: string): void {
    this.#known.hold(hashes)
    for (const hash of hashes) {
      const known = this.#known.get(hash)
      if (known === undefined) continue
      known.drivers.add(driver)
      if (!known.isStored) this.#store(known)
    }
  }

  /** Nothing here has needed it for long: who needs it again, brings it again. */
  #forget({ exported, isStored, givenTo }: Known): void {
    for (const id of refsOf(exported.value)) this.#objects.release(id)
    if (isStored && givenTo.size === 0 && !this.#kept.has(exported.hash)) void this.#release([exported.hash])
  }

  /** An actor that outlives this process has it from now on. */
  give(hash: string, actor: string): void {
    const known = this.#known.get(hash)
    if (known === undefined) return
    known.givenTo.add(actor)
    this.#objects.give(refsOf(known.exported.value))
  }

  /** That actor is dead. */
  takeBack(hash: string, actor: string): void {
    this.#known.get(hash)?.givenTo.delete(actor)
  }

  /** Somebody misses it. */
  again(hash: string): void {
    const known = this.#known.get(hash)
    if (known !== undefined) this.#store(known)
  }

  /** What has the hash already is the same: the first one stays, and lives longer. */
  #store(known: Known): void {
    known.isStored = true
    const { redis, keys, id } = this.#link
    const { hash, name, value } = known.exported
    const key = keys.function(hash)
    const purpose = purposeOfFunction(hash)
    const encoded = encodeOutcome({ ok: true, value }, purpose, keys)
    known.outside = encoded.outside.map((each) => each.key)
    const { frame } = FunctionField
    Promise.all([
      // First of all: who drops it in this moment sees that it is used.
      redis.hset(key, `by:${id}`, 1, FunctionField.name, name),
      redis.pexpire(key, Life.function),
      storeOutside(redis, encoded, Life.function),
      // A new signature is good for longer.
      keys.seal.isSigning ? redis.hset(key, frame, encoded.frame) : redis.hsetnx(key, frame, encoded.frame),
    ]).catch(() => {})
  }

  /** A detached actor of this process is to be able to start again, whoever is there then. */
  keep(hash: string, actor: string): void {
    let actors = this.#kept.get(hash)
    if (actors === undefined) this.#kept.set(hash, (actors = new Set()))
    actors.add(actor)
    const { redis, keys, id } = this.#link
    redis.cornichonUseFunction(1, keys.function(hash), id, Life.function).catch(() => {})
  }

  keepNoMore(hash: string, actor: string): void {
    const actors = this.#kept.get(hash)
    if (actors?.delete(actor) !== true || actors.size > 0) return
    this.#kept.delete(hash)
    if (this.#known.get(hash)?.isStored !== true) void this.#release([hash])
  }

  /** Those whose calls need any: on a worker, those whose tasks made calls here. */
  drivers(): Set<string> {
    return new Set([...this.#known.values()].flatMap(({ drivers }) => [...drivers]))
  }

  /** Nobody waits any more for what the driver's calls do. */
  forgetDriver(driver: string): void {
    const unused: string[] = []
    for (const known of this.#known.values()) {
      const { hash } = known.exported
      if (!known.drivers.delete(driver) || known.drivers.size > 0) continue
      known.isStored = false
      if (!this.#kept.has(hash)) unused.push(hash)
    }
    void this.#release(unused)
  }

  #renew(): void {
    if (Date.now() - this.#lastRenewal < Life.function / 3) return
    this.#lastRenewal = Date.now()
    const isDriver = this.#link.kind === 'driver'
    for (const known of this.#known.values()) {
      // Stored anew, and not only renewed: a Redis that lost it has it again.
      if (known.isStored && (isDriver || known.drivers.size > 0)) this.#store(known)
    }
    for (const hash of this.#kept.keys()) void this.#prolong(hash).catch(() => {})
  }

  async #prolong(hash: string): Promise<void> {
    const { redis, keys, id } = this.#link
    await redis.cornichonUseFunction(1, keys.function(hash), id, Life.function)
    for (const key of await this.#outsideOf(hash)) await redis.pexpire(key, Life.function)
  }

  async #outsideOf(hash: string): Promise<readonly string[]> {
    const known = this.#known.get(hash)
    if (known !== undefined) return known.outside
    const { redis, keys } = this.#link
    const purpose = purposeOfFunction(hash)
    const frame = await redis.hgetBuffer(keys.function(hash), FunctionField.frame)
    return frame === null ? [] : outsideKeys(glance(keys.seal.open(frame, purpose)), purpose, keys)
  }

  /** Those that nobody else uses are dropped. */
  async #release(hashes: readonly string[]): Promise<void> {
    const { redis, keys, id } = this.#link
    const sent: Promise<unknown>[] = []
    for (const some of slicesOf(hashes, AT_ONCE)) {
      const outside = Promise.all(some.map((hash) => this.#outsideOf(hash)))
      const isDropped = redis.cornichonReleaseFunctions(some.length, ...some.map(keys.function), id)
      sent.push(
        Promise.all([outside, isDropped]).then(([large, dropped]) =>
          unlinkAll(
            redis,
            large.flatMap((each, i) => (dropped[i] === 1 ? each : [])),
          ),
        ),
      )
    }
    await Promise.all(sent).catch(() => {})
  }

  /** This process goes, and its calls stay for so long: milliseconds. */
  async leave(keepFor: number): Promise<void> {
    const { redis, keys } = this.#link
    await Promise.all(
      [...this.#known.values()].flatMap(({ exported, outside }) =>
        [keys.function(exported.hash), ...outside].map((key) => redis.pexpire(key, keepFor)),
      ),
    )
  }

  /** This process goes, and its calls with it. */
  async clear(): Promise<void> {
    const { redis, keys, id } = this.#link
    const unused: string[] = []
    const left = new Set(this.#kept.keys())
    for (const { exported, isStored, givenTo } of this.#known.values()) {
      const { hash } = exported
      if (givenTo.size > 0) left.add(hash)
      else if (isStored && !left.has(hash)) unused.push(hash)
    }
    // Whoever has the actors then, says so.
    for (const hash of left) redis.hdel(keys.function(hash), `by:${id}`).catch(() => {})
    await this.#release(unused)
  }
}
