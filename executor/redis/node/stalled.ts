// What a dead process had: jobs that are under way and have no lock any more wait again, to be taken by another, as BullMQ 6.7
// has it. A look finds those that had none at the look before, and since; so whoever lives has had the time to renew its locks.
import type { Redis } from 'ioredis'
import { Script } from '../script.ts'
import { waitAgain } from '../scripts.ts'

/**
 * Where Redis stood still, or was away, whoever has a job could not say so, and is to have the time until the next look: where
 * the last one is longer ago than it should be, and where the answer to this one was lost with the connection, and it may have
 * been done, or is done before all that was to be said meanwhile.
 */
const look = new Script(
  `${waitAgain}
local prefix, between, most, isAgain = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4] == '1'
local stalled, active, meta, check = KEYS[1], KEYS[2], prefix .. 'meta', prefix .. 'stalled-check'
local time = redis.call('TIME')
local now, last = time[1] * 1000 + math.floor(time[2] / 1000), redis.call('HGET', meta, 'looked')
redis.call('HSET', meta, 'looked', string.format('%.0f', now))
if isAgain or (last and most > 0 and now - tonumber(last) > most) then redis.call('UNLINK', stalled) end
if redis.call('EXISTS', check) == 1 then return 0 end
redis.call('SET', check, string.format('%.0f', now), 'PX', between)
local state = redis.call('HMGET', meta, 'opts.maxLenEvents', 'paused', 'concurrency')
redis.call('XTRIM', prefix .. 'events', 'MAXLEN', '~', state[1] or 10000)
local moved = 0
for _, id in ipairs(redis.call('SMEMBERS', stalled)) do
  if redis.call('EXISTS', prefix .. id .. ':lock') == 0 and redis.call('LREM', active, 1, id) > 0 then
    waitAgain(prefix, id)
    moved = moved + 1
  end
end
redis.call('UNLINK', stalled)
local running = redis.call('LRANGE', active, 0, -1)
for i = 1, #running, 5000 do
  redis.call('SADD', stalled, unpack(running, i, math.min(i + 4999, #running)))
end
if moved > 0 and not (state[2] or (state[3] and #running >= tonumber(state[3]))) then
  redis.call('ZADD', prefix .. 'marker', 0, '0')
end
return moved`,
  { isToldAgain: true },
)

/**
 * A look for such jobs in a queue, the keys of which begin with `prefix`: `between` milliseconds after it there is another, by
 * whichever process is the first. Where `most` is not 0 and the last one was longer ago, nobody's time is over.
 */
export async function moveStalled(
  redis: Redis,
  prefix: string,
  between: number,
  most: number,
): Promise<void> {
  // It would be sent late, before what others have to say.
  if (redis.status !== 'ready') return
  await look.run(redis, [`${prefix}stalled`, `${prefix}active`], [prefix, between, most])
}
