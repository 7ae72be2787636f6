// A job and its frame go into a queue in one command: as BullMQ 6.7 adds one, key for key. Where a worker process that has
// nothing to do has said so, and nothing waits in the queue, the job is that process's at once, as if it had taken it: the
// process has the frame in the same moment, and need not ask for it. Of an actor's queue, the process is told where the actor
// lives, if nothing waited: it takes what there is, and reads the queues of all its actors over the connections that it has.
import type { Redis } from 'ioredis'
import { toJson } from '../../runtime-env/json.ts'
import { resultId } from '../executor.ts'
import { type Keys, Life } from './keys.ts'
import { Said, wordsOf } from './line.ts'
import { isCount } from './messages.ts'
import { jobOptions } from './queues.ts'
import { Script } from './script.ts'
import type { JobData } from './wire.ts'

/** What the lock of a job that was handed over says, behind the process. */
export const HANDED = '-handed'

/** Of what has happened in the queue. */
const MOST_LOOKED_AT = 1000

/**
 * Who is idle stands in a sorted set, with how many calls it could start: '<process> <how long its locks last>'. That is a
 * hint. A process is there if its lease is, and if it hears: PUBLISH tells how many do, and whose connection is gone does
 * not. Whoever isn't there is struck off, and comes back by itself. Where the user of Redis may not PUBLISH, nothing is
 * handed over.
 */
const script = new Script(
  `
local prefix, id, title, data, opts, priority, now = unpack(ARGV, 1, 7)
local frame, life, queue, size, leases, channels, actor, inboxes, noted = unpack(ARGV, 8, 16)
local batch, batchState, result, again = unpack(ARGV, 17, 20)
local call = redis.call
local job, events, meta, wait, prioritized = KEYS[1], prefix .. 'events', prefix .. 'meta', prefix .. 'wait', prefix .. 'prioritized'
if again == '1' then
  -- It may have been put there before, and be over by now: once more would run it twice.
  local isKnown = call('EXISTS', job, batchState, result) > 0
  for _, entry in ipairs(isKnown and {} or call('XREVRANGE', events, '+', '-', 'COUNT', ${MOST_LOOKED_AT})) do
    if entry[2][2] == 'added' and entry[2][4] == id then isKnown = true end
  end
  if isKnown then
    if call('EXISTS', job, batchState) == 0 then call('UNLINK', batch) end
    return 0
  end
end
if actor ~= '' then
  local lives = call('HGET', actor, 'state')
  if not lives or lives == 'dead' then return 0 end
end
if KEYS[2] then call('SET', KEYS[2], frame, 'PX', life) end
local state = call('HMGET', meta, 'opts.maxLenEvents', 'paused', 'concurrency', 'max')
local most = state[1]
if not most then
  most = 10000
  call('HSET', meta, 'opts.maxLenEvents', most)
end
call('INCR', prefix .. 'id')
local isAdded = false
if KEYS[3] and not (state[2] or state[3] or state[4]) then
  local header
  while true do
    local best = call('ZREVRANGE', KEYS[3], 0, 0, 'WITHSCORES')
    if not best[1] or tonumber(best[2]) < tonumber(size) then break end
    local process, lock = string.match(best[1], '^(%S+) (%d+)$')
    local lease, hears = leases .. (process or ''), 0
    -- In one command: its lease is there, which counts five times, and none of the others.
    local found = call('EXISTS', lease, lease, lease, lease, lease, job, wait, prioritized, prefix .. 'delayed')
    if found % 5 > 0 then break end
    if found == 5 then
      if not isAdded then
        isAdded = true
        -- What it returns begins with the time.
        local entry = call('XADD', events, '*', 'event', 'added', 'jobId', id, 'name', title)
        header = table.concat({'${Said.Handed}', queue, id, size, priority, string.match(entry, '^%d+')}, ' ') .. '\\n'
      end
      hears = redis.pcall('PUBLISH', channels .. process, header .. frame)
      if type(hears) == 'table' then break end
    end
    if hears > 0 then
      call('ZINCRBY', KEYS[3], -size, best[1])
      call('HSET', job, 'name', title, 'data', data, 'opts', opts, 'timestamp', now, 'delay', 0, 'priority', priority,
        'processedOn', now, 'ats', 1, 'pb', process)
      call('XADD', events, 'MAXLEN', '~', most, '*', 'event', 'waiting', 'jobId', id)
      call('LPUSH', prefix .. 'active', id)
      call('SET', job .. ':lock', process .. '${HANDED}', 'PX', lock)
      call('XADD', events, '*', 'event', 'active', 'jobId', id, 'prev', 'waiting')
      return 1
    end
    call('ZREM', KEYS[3], best[1])
  end
end
if call('EXISTS', job) == 1 then
  call('XADD', events, 'MAXLEN', '~', most, '*', 'event', 'duplicated', 'jobId', id)
  return 0
end
call('HSET', job, 'name', title, 'data', data, 'opts', opts, 'timestamp', now, 'delay', 0, 'priority', priority)
if not isAdded then call('XADD', events, '*', 'event', 'added', 'jobId', id, 'name', title) end
if tonumber(priority) > 0 then
  local count = call('INCR', prefix .. 'pc')
  call('ZADD', prioritized, priority * 0x100000000 + count % 0x100000000, id)
elseif call('LPUSH', wait, id) == 1 and actor ~= '' then
  local host = call('HGET', actor, 'node')
  if host then
    call('XADD', inboxes .. host, '*', 'm', cjson.encode({ kind = 'mail', queue = queue }))
    call('PEXPIRE', inboxes .. host, noted)
  end
end
if not state[2] and not (state[3] and call('LLEN', prefix .. 'active') >= tonumber(state[3])) then
  call('ZADD', prefix .. 'marker', 0, '0')
end
call('XADD', events, 'MAXLEN', '~', most, '*', 'event', 'waiting', 'jobId', id)
return 0`,
  { isToldAgain: true },
)

export interface Job {
  readonly queue: string
  /** The same as that of its batch: the calls that are in one frame. */
  readonly id: string
  readonly size: number
  readonly title: string
  readonly priority: number
  /** Null: it is in its key already. */
  readonly frame: Buffer | null
  /** To who says that it is idle. */
  readonly mayBeHandedOver: boolean
  /**
   * Whose queue it is; null: one of tasks. Into that of a dead actor nothing goes: its mailbox was emptied, and whoever sends
   * may be gone before it has seen that the actor is dead.
   */
  readonly actor: string | null
}

export function enqueue(redis: Redis, keys: Keys, job: Job): Promise<number> {
  const { queue, id, size, title, frame, mayBeHandedOver, actor } = job
  const options = jobOptions(id, job.priority)
  const prefix = `${keys.prefix}:${queue}:`
  const data: JobData = size === 1 ? {} : { to: size, size }
  const names = [prefix + id]
  if (frame !== null) names.push(keys.call(id))
  if (frame !== null && mayBeHandedOver) names.push(keys.idle(queue))
  return script.run(redis, names, [
    ...[prefix, id, title, toJson(data), toJson({ ...options, attempts: 0 })],
    ...[
      options.priority ?? 0,
      Date.now(),
      frame ?? '',
      Life.call,
      queue,
      size,
      keys.lease(''),
      keys.line(''),
      actor === null ? '' : keys.actor(actor),
      keys.inbox(''),
      Life.note,
      keys.call(id),
      keys.batch(id),
      keys.object(resultId(id, 0)),
    ],
  ])
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

/** Null of what is none. */
export function readHanded(message: Buffer): Handed | null {
  const { words, at } = wordsOf(message)
  const [, queue = '', id = '', size, priority, time] = words
  const numbers = { size: Number(size), priority: Number(priority), time: Number(time) }
  if (queue === '' || id === '' || !Object.values(numbers).every(isCount)) return null
  return { queue, id, ...numbers, frame: message.subarray(at) }
}
