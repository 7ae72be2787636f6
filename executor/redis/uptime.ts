// For how long a Redis has run: one that is new and empty has not heard yet who is there.
import type { Redis } from 'ioredis'
import { Life } from './keys.ts'

/** Seconds. */
export async function uptimeOf(redis: Pick<Redis, 'info'>): Promise<number> {
  return Number(/^uptime_in_seconds:(\d+)/m.exec(await redis.info('server'))?.[1] ?? Number.POSITIVE_INFINITY)
}

/** After so many seconds who is there has said so. */
export function isNew(uptime: number): boolean {
  return uptime * 1000 < Life.lease
}
