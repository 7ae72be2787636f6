// UNLINK of any number of keys: a command takes no more than so many words.
import type { Redis } from 'ioredis'

/** Keys of one command. */
const AT_ONCE = 1000

export async function unlinkAll(redis: Redis, keys: readonly string[]): Promise<void> {
  const sent: Promise<unknown>[] = []
  for (let at = 0; at < keys.length; at += AT_ONCE) sent.push(redis.unlink(...keys.slice(at, at + AT_ONCE)))
  await Promise.all(sent)
}
