// Objects that a driver's tasks made with calls and puts of their own. The processes of the tasks have them, and as long as
// their refs stay there, they drop them. Once a ref is in another value, nobody but the driver can say when it is needed
// no more: at the driver's end, unless an actor that outlives it was given the ref.
import { type Keys, Life } from './keys.ts'
import type { Link } from './link.ts'
import { slicesOf } from './slices.ts'
import { unlinkAll } from './unlink.ts'
import { claimedGlance, type Glance, outsideKeys } from './values.ts'

/** Objects that are looked at in one command. */
const AT_ONCE = 100

/** A driver's task gave away a ref of it. */
export function tellShared({ redis, keys }: Link, driver: string, id: string): void {
  const key = keys.shared(driver)
  redis.sadd(key, id).catch(() => {})
  redis.pexpire(key, Life.object).catch(() => {})
}

/** An object of another process, which an actor has now that may outlive it. */
export function tellGiven({ redis, keys }: Link, id: string): void {
  redis.set(keys.given(id), 1, 'PX', Life.object).catch(() => {})
}

/**
 * At the driver's end: what its tasks gave away, and `own`, what it gave away itself, as far as no actor was given it,
 * directly or in a value.
 */
export async function dropShared(link: Link, own: ReadonlyMap<string, Glance | null>): Promise<void> {
  const { redis, keys, id: driver } = link
  const made = await redis.smembers(keys.shared(driver))
  const ids = new Set([...own.keys(), ...made])
  if (ids.size === 0) return
  const about = new Map(own)
  const others = made.filter((id) => !own.has(id))
  for (const some of slicesOf(others, AT_ONCE)) {
    const frames = await redis.mgetBuffer(some.map(keys.object))
    for (const [i, id] of some.entries()) about.set(id, frames[i] ? claimedGlance(frames[i]) : null)
  }
  const given: string[] = []
  for (const some of slicesOf([...ids], AT_ONCE)) {
    const marks = await redis.mget(some.map(keys.given))
    given.push(...some.filter((_, i) => marks[i] !== null))
  }
  for (let id = given.pop(); id !== undefined; id = given.pop())
    if (ids.delete(id)) given.push(...(about.get(id)?.refs ?? []))
  await unlinkAll(redis, [
    keys.shared(driver),
    ...[...ids].flatMap((id) => keysOf(id, about.get(id) ?? null, keys)),
  ])
}

function keysOf(id: string, about: Glance | null, keys: Keys): string[] {
  return about === null ? [keys.object(id)] : [keys.object(id), ...outsideKeys(about, id, keys)]
}
