// All that a call has in Redis: the frame of its batch, how far that is, and large arguments, which are keys beside it.
import { Life } from './keys.ts'
import { unlinkAll } from './unlink.ts'
import { claimedOutside, outsideKeys, type Store } from './values.ts'
import { purposeOf } from './wire.ts'

/** Keys that calls of one batch share: they go when the last of these is over. */
export interface Beside {
  readonly keys: readonly string[]
  left: number
}

type Where = Pick<Store, 'redis' | 'keys'>

/** One that is over, whatever becomes of it elsewhere. */
export async function dropCall(where: Where, batch: string): Promise<void> {
  await unlinkAll(where.redis, await keysOf(where, batch))
}

export async function renewCall(where: Where, batch: string): Promise<void> {
  const { redis } = where
  await Promise.all((await keysOf(where, batch)).map((name) => redis.pexpire(name, Life.call)))
}

async function keysOf(where: Where, batch: string): Promise<string[]> {
  const { keys } = where
  return [keys.call(batch), keys.batch(batch), ...(await besideOf(where, batch))]
}

/** Its large arguments: none, once its frame is gone. */
export async function besideOf({ redis, keys }: Where, batch: string): Promise<string[]> {
  const frame = await redis.getBuffer(keys.call(batch))
  const about = frame === null ? null : claimedOutside(frame)
  return about === null ? [] : outsideKeys(about, purposeOf(batch), keys)
}
