// All that one of BullMQ's queues has in Redis.
import type { Redis } from 'ioredis'

/** By the keys' names behind the prefix; times and ids aside. */
export async function contentsOf(redis: Redis, prefix: string): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {}
  for (const key of (await redis.keys(`${prefix}*`)).sort()) {
    const name = key.slice(prefix.length)
    const type = await redis.type(key)
    if (type === 'hash') all[name] = { ...(await redis.hgetall(key)), timestamp: '', processedOn: '' }
    else if (type === 'list') all[name] = await redis.lrange(key, 0, -1)
    else if (type === 'zset') all[name] = await redis.zrange(key, '0', '-1', 'WITHSCORES')
    else if (type === 'stream') all[name] = (await redis.xrange(key, '-', '+')).map(([, fields]) => fields)
    else all[name] = name.endsWith(':lock') ? (await redis.pttl(key)) > 0 : await redis.get(key)
    const { opts } = all[name] as { opts?: string }
    if (opts !== undefined) (all[name] as Record<string, unknown>)['opts'] = JSON.parse(opts)
  }
  return all
}
