// UNLINK of any number of keys: a command takes no more than so many words.
import type { Redis } from 'ioredis'
import { slicesOf } from './slices.ts'

/** Keys of one command. */
const AT_ONCE = 1000

export async function unlinkAll(redis: Redis, keys: readonly string[]): Promise<void> {
  await Promise.all(Array.from(slicesOf(keys, AT_ONCE), (some) => redis.unlink(...some)))
}
