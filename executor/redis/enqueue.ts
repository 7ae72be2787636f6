// A job and its frame go into a queue in one command: as BullMQ 6.7 adds one, key for key. Where a worker process that has
// nothing to do has said so, and nothing waits in the queue, the job is that process's at once, as if it had taken it: the
// process has the frame in the same moment, and need not ask for it.
import { type Keys, Life } from './keys.ts'
import { jobOptions } from './queues.ts'
import type { Scripts } from './scripts.ts'
import type { JobData } from './wire.ts'

/** What the lock of a job that was handed over says, behind the process. */
export const HANDED = '-handed'

/**
 * Who is idle stands in a sorted set, with how many calls it could start: '<process> <how long its locks last>'. That is a
 * hint. A process is there if its lease is, and if it hears: PUBLISH tells how many do, and whose connection is gone does
 * not. Whoever isn't there is struck off, and comes back by itself. Where the user of Redis may not PUBLISH, nothing is
 * handed over.
 */
export const enqueueScript = `
local prefix, id, title, data, opts, priority, now = unpack(ARGV, 1, 7)
local frame, life, queue, size, leases, channels = unpack(ARGV, 8, 13)
redis.call('SET', KEYS[1], frame, 'PX', life)
local job, events, meta, wait, prioritized = KEYS[2], prefix .. 'events', prefix .. 'meta', prefix .. 'wait', prefix .. 'prioritized'
local state = redis.call('HMGET', meta, 'opts.maxLenEvents', 'paused', 'concurrency', 'max')
local most = state[1]
if not most then
  most = 10000
  redis.call('HSET', meta, 'opts.maxLenEvents', most)
end
redis.call('INCR', prefix .. 'id')
if redis.call('EXISTS', job) == 1 then
  redis.call('XADD', events, 'MAXLEN', '~', most, '*', 'event', 'duplicated', 'jobId', id)
  return 0
end
redis.call('HSET', job, 'name', title, 'data', data, 'opts', opts, 'timestamp', now, 'delay', 0, 'priority', priority)
redis.call('XADD', events, '*', 'event', 'added', 'jobId', id, 'name', title)
redis.call('XADD', events, 'MAXLEN', '~', most, '*', 'event', 'waiting', 'jobId', id)
local isPlain = not (state[2] or state[3] or state[4])
if KEYS[3] and isPlain and redis.call('EXISTS', wait, prioritized, prefix .. 'delayed') == 0 then
  local time = redis.call('TIME')
  local message = table.concat({queue, id, size, priority, time[1], time[2]}, ' ')
  while true do
    local best = redis.call('ZREVRANGE', KEYS[3], 0, 0, 'WITHSCORES')
    if not best[1] or tonumber(best[2]) < tonumber(size) then break end
    local process, lock = string.match(best[1], '^(%S+) (%d+)$')
    local hears = 0
    if process and redis.call('EXISTS', leases .. process) == 1 then
      hears = redis.pcall('PUBLISH', channels .. process, message .. '\\n' .. frame)
      if type(hears) == 'table' then break end
    end
    if hears > 0 then
      redis.call('ZINCRBY', KEYS[3], -size, best[1])
      redis.call('LPUSH', prefix .. 'active', id)
      redis.call('SET', job .. ':lock', process .. '${HANDED}', 'PX', lock)
      redis.call('XADD', events, '*', 'event', 'active', 'jobId', id, 'prev', 'waiting')
      redis.call('HSET', job, 'processedOn', now, 'ats', 1)
      return 1
    end
    redis.call('ZREM', KEYS[3], best[1])
  end
end
if tonumber(priority) > 0 then
  local count = redis.call('INCR', prefix .. 'pc')
  redis.call('ZADD', prioritized, priority * 0x100000000 + count % 0x100000000, id)
else redis.call('LPUSH', wait, id) end
if not state[2] and not (state[3] and redis.call('LLEN', prefix .. 'active') >= tonumber(state[3])) then
  redis.call('ZADD', prefix .. 'marker', 0, '0')
end
return 0`

export interface Job {
  readonly queue: string
  /** The same as that of its batch: the calls that are in one frame. */
  readonly id: string
  readonly size: number
  readonly title: string
  readonly priority: number
  readonly frame: Buffer
  /** To who says that it is idle. */
  readonly mayBeHandedOver: boolean
}

export function enqueue(redis: Scripts, keys: Keys, job: Job): Promise<number> {
  const { queue, id, size, title, frame, mayBeHandedOver } = job
  const options = jobOptions(id, job.priority)
  const prefix = `${keys.prefix}:${queue}:`
  const data: JobData = size === 1 ? {} : { to: size, size }
  const names = [keys.call(id), prefix + id]
  if (mayBeHandedOver) names.push(keys.idle(queue))
  return redis.cornichonEnqueue(
    names.length,
    ...names,
    ...[prefix, id, title, JSON.stringify(data), JSON.stringify({ ...options, attempts: 0 })],
    ...[options.priority ?? 0, Date.now(), frame, Life.call, queue, size, keys.lease(''), keys.handoffs('')],
  )
}

/** What came with a job that was handed over. */
export interface Handed {
  readonly queue: string
  readonly id: string
  readonly size: number
  readonly priority: number
  /** By the clock of Redis, in milliseconds. */
  readonly time: number
  readonly frame: Buffer
}

const LINE_END = 10

export function readHanded(message: Buffer): Handed {
  const end = message.indexOf(LINE_END)
  const [queue, id, size, priority, seconds, microseconds] = message.toString('utf8', 0, end).split(' ')
  return {
    queue: queue!,
    id: id!,
    size: Number(size),
    priority: Number(priority),
    time: Number(seconds) * 1000 + Number(microseconds) / 1000,
    frame: message.subarray(end + 1),
  }
}
