// What has to happen in Redis at once: scripts, each a command of its own.
import type { Redis } from 'ioredis'

/** So many calls share a job at most: more would save little, and workers share out whole jobs first. */
export const MOST_CALLS = 64

/** So many calls may begin before it is said that they have. */
const MAY_HAVE_BEGUN = 8

/**
 * What the job is for that was taken just now, by the token of its lock: the frame of its batch, from where to where, and
 * what is known of its calls. A job that comes back from a dead process has those calls charged that had begun, once; where
 * none is known to be under way, those that may have begun since the process said how far it was.
 * One that can't be read, as nobody of ours has put it there, is dropped: it would be the next one again and again.
 * BullMQ's marker wakes who waits for jobs, and is set with each that is taken: where none is left, it would wake in vain,
 * and who took the last one is told.
 */
const open = `
local prefix, callPrefix, statePrefix, token, life = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local isLast = 0
if redis.call('EXISTS', prefix .. 'wait', prefix .. 'prioritized') == 0 then
  isLast = 1
  redis.call('ZREM', prefix .. 'marker', '0')
end
local function read(id)
  local data, stalled, opts = unpack(redis.call('HMGET', prefix .. id, 'data', 'stc', 'opts'))
  local range = cjson.decode(data)
  local batch, at, to, size = range.of or id, range.at or 0, range.to or 1, range.size or 1
  local frame, state = redis.call('GET', callPrefix .. batch), {}
  for _, name in ipairs({'e', 'r', 's'}) do
    state[name] = size > 1 and tonumber(redis.call('HGET', statePrefix .. batch, name .. id))
  end
  if type(cjson.decode(opts)) == 'table' and 0 <= at and at <= to and to <= size and size <= ${MOST_CALLS} then
    return {
      batch = batch, at = at, to = to, size = size, frame = frame, state = state, stalled = tonumber(stalled or 0),
    }
  end
end
for _, id in ipairs(redis.call('LRANGE', KEYS[1], 0, 63)) do
  if redis.call('GET', prefix .. id .. ':lock') == token then
    local isWhole, job = pcall(read, id)
    if not (isWhole and job) then
      redis.call('LREM', KEYS[1], 1, id)
      redis.call('UNLINK', prefix .. id, prefix .. id .. ':lock', callPrefix .. id, statePrefix .. id)
      return false
    end
    local at, to, size, frame = job.at, job.to, job.size, job.frame
    if size == 1 then return {isLast, id, job.batch, at, to, size, frame} end
    if not frame then return {isLast, id, job.batch, at, to, size, false} end
    local state = statePrefix .. job.batch
    to = math.min(to, job.state.e or to)
    if job.stalled > (job.state.r or 0) then
      local began = math.min(job.state.s or at, to)
      local charged = 0
      local function charge(from, up)
        for i = from, up - 1 do
          if redis.call('HEXISTS', state, 'x' .. i) + redis.call('HEXISTS', state, 'g' .. id .. '~' .. i) == 0 then
            redis.call('HINCRBY', state, 'c' .. i, 1)
            charged = charged + 1
          end
        end
      end
      charge(at, began)
      if charged == 0 then charge(began, math.min(began + ${MAY_HAVE_BEGUN}, to)) end
      redis.call('HSET', state, 'r' .. id, job.stalled, 's' .. id, at)
      redis.call('PEXPIRE', state, life)
    end
    return {isLast, id, job.batch, at, to, size, frame, unpack(redis.call('HGETALL', state))}
  end
end
return false`

/**
 * What is known of a batch that is not over: the frame goes with the last of its calls, and what is noted of it, too. With the
 * lock of a job and its token: 0, and nothing is noted, if another may have the job.
 */
const note = `
if KEYS[3] and redis.call('GET', KEYS[3]) ~= ARGV[4] then return 0 end
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
  redis.call('PEXPIRE', KEYS[2], ARGV[3])
end
return 1`

/**
 * Jobs whose calls are over, by the tokens of their locks: as BullMQ 6.7 completes those that are not kept, but many at once.
 * What is locked for another by now stays.
 */
const complete = `
local prefix, ended = ARGV[1], 0
local active, events = prefix .. 'active', prefix .. 'events'
local most = redis.call('HGET', prefix .. 'meta', 'opts.maxLenEvents') or 10000
for i = 2, #ARGV, 2 do
  local id, job = ARGV[i], prefix .. ARGV[i]
  if redis.call('GET', job .. ':lock') == ARGV[i + 1] and redis.call('LREM', active, -1, id) > 0 then
    redis.call('UNLINK', job, job .. ':lock', job .. ':logs')
    redis.call('SREM', prefix .. 'stalled', id)
    redis.call('XADD', events, 'MAXLEN', '~', most, '*',
      'event', 'completed', 'jobId', id, 'returnvalue', 'null', 'prev', 'active')
    ended = ended + 1
  end
end
if ended > 0 and redis.call('EXISTS', prefix .. 'wait', active, prefix .. 'prioritized') == 0 then
  redis.call('XADD', events, '*', 'event', 'drained')
end
return ended`

/**
 * Locks last for longer, by ids and tokens of their jobs: returned are those that are others' by now. One whose time is over
 * is taken again if nobody else has taken its job meanwhile, and may have been held up, too. With commands that a Redis takes
 * that is full: BullMQ's SET is none.
 */
const renewLocks = `
local prefix, life, process, lost = ARGV[1], ARGV[2], ARGV[3], {}
for i = 4, #ARGV, 2 do
  local id, token = ARGV[i], ARGV[i + 1]
  local lock = prefix .. id .. ':lock'
  local owner = redis.call('GET', lock)
  if owner == token then
    redis.call('PEXPIRE', lock, life)
    redis.call('SREM', KEYS[2], id)
  elseif not owner and redis.call('LPOS', KEYS[1], id) and redis.call('HGET', prefix .. id, 'pb') == process then
    local taken = redis.pcall('SET', lock, token, 'PX', life)
    if not taken.err then redis.call('SREM', KEYS[2], id) end
  else
    lost[#lost + 1] = id
  end
end
return lost`

/** To be put before a script: a job that a dead process had waits again, before all others, as BullMQ 6.7 has it. */
export const waitAgain = `
local function waitAgain(prefix, id)
  redis.call('HINCRBY', prefix .. id, 'stc', 1)
  redis.call('RPUSH', prefix .. 'wait', id)
  redis.call('XADD', prefix .. 'events', '*', 'event', 'waiting', 'jobId', id, 'prev', 'active')
  redis.call('XADD', prefix .. 'events', '*', 'event', 'stalled', 'jobId', id)
end`

/** To be put before a script: a job waits, before all others of its priority, as BullMQ 6.7 adds one, key for key. */
export const addFirst = `
local function addFirst(prefix, id, title, data, opts, priority, now)
  local call, job, meta = redis.call, prefix .. id, prefix .. 'meta'
  call('INCR', prefix .. 'id')
  call('HSET', job, 'name', title, 'data', data, 'opts', opts, 'timestamp', now, 'delay', 0, 'priority', priority)
  call('XADD', prefix .. 'events', '*', 'event', 'added', 'jobId', id, 'name', title)
  if tonumber(priority) > 0 then
    local count = call('INCR', prefix .. 'pc')
    call('ZADD', prefix .. 'prioritized', priority * 0x100000000 + count % 0x100000000, id)
  else
    call('RPUSH', prefix .. 'wait', id)
  end
  if call('HEXISTS', meta, 'paused') == 0 then call('ZADD', prefix .. 'marker', 0, '0') end
  call('HSETNX', meta, 'opts.maxLenEvents', 10000)
  local most = call('HGET', meta, 'opts.maxLenEvents')
  call('XADD', prefix .. 'events', 'MAXLEN', '~', most, '*', 'event', 'waiting', 'jobId', id)
end`

/**
 * Of the queue of an actor that starts again: what a process had under way that has it no more goes before all that waits, as
 * it came, and counts as stalled, as BullMQ 6.7 has it.
 */
const takeOver = `${waitAgain}
local prefix, ids = ARGV[1], redis.call('LRANGE', KEYS[1], 0, -1)
for _, id in ipairs(ids) do
  local job = prefix .. id
  redis.call('LREM', KEYS[1], 1, id)
  redis.call('UNLINK', job .. ':lock')
  redis.call('SREM', prefix .. 'stalled', id)
  if redis.call('EXISTS', job) == 1 then waitAgain(prefix, id) end
end
return #ids`

/** The object, or null and a place among those who are told. */
const watch = `
local frame = redis.call('GET', KEYS[1])
if frame then return frame end
redis.call('SADD', KEYS[2], ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return false`

/** An actor's record, for so long, unless its name is taken: then the id of who has it. */
const createActor = `
if ARGV[1] ~= '' then
  local owner = redis.call('GET', KEYS[2])
  if owner and owner ~= ARGV[2] then return owner end
  redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
end
redis.call('HSET', KEYS[1], unpack(ARGV, 4))
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('SADD', KEYS[3], ARGV[2])
return false`

/** Its death, and its name is free again. False if it is dead already. */
const endActor = `
if redis.call('HGET', KEYS[1], 'state') == 'dead' then return 0 end
local name = redis.call('HGET', KEYS[1], 'registeredName')
if name and name ~= '' then
  local key = ARGV[4] .. name
  if redis.call('GET', key) == ARGV[1] then redis.call('DEL', key) end
end
redis.call('HSET', KEYS[1], 'state', 'dead', 'death', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('SREM', KEYS[2], ARGV[1])
return 1`

/**
 * Where an actor lives: the process that has the job of its start, by the token of the job's lock, or that had it last, where
 * the time of that is over. 0 if another has had it since.
 */
const hostActor = `
local owner = redis.call('GET', KEYS[3])
if owner and owner ~= ARGV[1] or not owner and redis.call('HGET', KEYS[2], 'pb') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'node', ARGV[2])
return 1`

/** What its process says of an actor; one that is dead stays so: the process may have been held up until others said that. */
const changeActor = `
local state = redis.call('HGET', KEYS[1], 'state')
if not state or state == 'dead' then return 0 end
redis.call('HSET', KEYS[1], 'state', ARGV[1], 'worker', ARGV[2])
local restarts = tonumber(ARGV[3])
if restarts > tonumber(redis.call('HGET', KEYS[1], 'restarts') or 0) then
  redis.call('HSET', KEYS[1], 'restarts', restarts)
end
return 1`

/** An actor that lives is about to start anew, elsewhere: how often that was so. */
const passOnActor = `
local state = redis.call('HGET', KEYS[1], 'state')
if not state or state == 'dead' then return 0 end
redis.call('HDEL', KEYS[1], 'node')
redis.call('HSET', KEYS[1], 'state', 'starting', 'worker', '')
return redis.call('HINCRBY', KEYS[1], 'passedOn', 1)`

/**
 * The worker process of an actor that lives is about to end: 1 if it may start again elsewhere, which is counted. What is
 * dead by now, or another's, is for whoever has its job.
 */
const moveActor = `
local state = redis.call('HGET', KEYS[1], 'state')
if not state or state == 'dead' or redis.call('HGET', KEYS[1], 'node') ~= ARGV[1] then return 1 end
local most = tonumber(ARGV[2])
if most >= 0 and tonumber(redis.call('HGET', KEYS[1], 'restarts') or 0) >= most then return 0 end
redis.call('HDEL', KEYS[1], 'node')
redis.call('HSET', KEYS[1], 'state', 'restarting', 'worker', '')
redis.call('HINCRBY', KEYS[1], 'restarts', 1)
return 1`

/**
 * Of the actors that wait in a queue, the first hundred: since when they do while there is no room for them is noted with each,
 * unless it is. How many have done so for longer than that.
 */
const overdue = `
local time = redis.call('TIME')
local now, count = time[1] * 1000 + math.floor(time[2] / 1000), 0
for _, id in ipairs(redis.call('LRANGE', KEYS[1], -100, -1)) do
  local actor = ARGV[1] .. id
  if redis.call('EXISTS', actor) == 1 then
    redis.call('HSETNX', actor, 'waitsSince', string.format('%.0f', now))
    if now - tonumber(redis.call('HGET', actor, 'waitsSince')) >= tonumber(ARGV[2]) then count = count + 1 end
  end
end
return count`

/** Of lists. */
const lengths = `
local found = {}
for i, key in ipairs(KEYS) do found[i] = redis.call('LLEN', key) end
return found`

/**
 * The queue of a dead actor, as BullMQ 6.7 has it. The jobs that are named are taken out of it; what still waits there is
 * returned, id and data of each, to be failed and named the next time; with ARGV[2], also what is under way. When it is empty
 * its keys go; what failed is kept for people, for so long.
 */
const emptyQueue = `
local prefix, isAll, life = ARGV[1], ARGV[2] == '1', ARGV[3]
local wait, active = KEYS[1], prefix .. 'active'
for i = 4, #ARGV do
  -- Unless its worker took it meanwhile.
  local removed = redis.call('LREM', wait, 1, ARGV[i]) + redis.call('ZREM', prefix .. 'prioritized', ARGV[i])
  if isAll then removed = removed + redis.call('LREM', active, 1, ARGV[i]) end
  if removed > 0 then
    redis.call('UNLINK', prefix .. ARGV[i], prefix .. ARGV[i] .. ':lock', prefix .. ARGV[i] .. ':logs')
  end
end
local left = {}
local function add(ids)
  for _, id in ipairs(ids) do
    left[#left + 1] = id
    left[#left + 1] = redis.call('HGET', prefix .. id, 'data') or '{}'
  end
end
add(redis.call('LRANGE', wait, -500, -1))
add(redis.call('ZRANGE', prefix .. 'prioritized', 0, 499))
if isAll then add(redis.call('LRANGE', active, -500, -1)) end
if #left > 0 or redis.call('EXISTS', active) == 1 then return left end
for _, name in ipairs({'stalled', 'stalled-check', 'marker', 'pc', 'completed', 'delayed', 'limiter', 'repeat', 'de'}) do
  redis.call('UNLINK', prefix .. name)
end
local failed = redis.call('ZRANGE', prefix .. 'failed', 0, -1)
for _, id in ipairs(failed) do redis.call('PEXPIRE', prefix .. id, life) end
for _, name in ipairs({'id', 'events', 'meta', 'failed'}) do
  if #failed > 0 then redis.call('PEXPIRE', prefix .. name, life) else redis.call('UNLINK', prefix .. name) end
end
return left`

/** Of calls: whether there is a result, and whether the call is still to be done. */
const present = `
local found = {}
for i = 1, #ARGV do
  local object, frame, state = KEYS[3 * i - 2], KEYS[3 * i - 1], KEYS[3 * i]
  found[2 * i - 1] = redis.call('EXISTS', object)
  local isThere = redis.call('EXISTS', frame)
  if isThere == 1 and ARGV[i] ~= '' and redis.call('HEXISTS', state, 'x' .. ARGV[i]) == 1 then isThere = 0 end
  found[2 * i] = isThere
end
return found`

/** A function has one more user, if it is there. */
const useFunction = `
if redis.call('HEXISTS', KEYS[1], 'frame') == 0 then return 0 end
redis.call('HSET', KEYS[1], 'by:' .. ARGV[1], 1)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1`

/** Functions have one user less: of each, whether that was the last, and it is gone. */
const releaseFunctions = `
local dropped = {}
for i, key in ipairs(KEYS) do
  redis.call('HDEL', key, 'by:' .. ARGV[1])
  local isUsed = 0
  for _, field in ipairs(redis.call('HKEYS', key)) do
    if string.sub(field, 1, 3) == 'by:' then isUsed = 1 end
  end
  if isUsed == 0 then redis.call('UNLINK', key) end
  dropped[i] = 1 - isUsed
end
return dropped`

type Key = string
type Value = string | Buffer | number

export interface Scripts {
  cornichonOpenBuffer(
    keys: 1,
    active: Key,
    jobPrefix: Key,
    callPrefix: Key,
    statePrefix: Key,
    token: string,
    life: number,
  ): Promise<
    | [
        isLast: number,
        job: Buffer,
        batch: Buffer,
        at: number,
        to: number,
        size: number,
        frame: Buffer | null,
        ...state: Buffer[],
      ]
    | null
  >
  /** Keys: frame and state of the batch, and perhaps a job's lock; then field, value, life, and the lock's token. */
  cornichonNote(keys: 2 | 3, ...names: (Key | Value)[]): Promise<number>
  cornichonComplete(keys: 1, active: Key, jobPrefix: Key, ...idsAndTokens: string[]): Promise<number>
  /** Keys: the queue's jobs that are under way, and those of them that may be stalled. */
  cornichonRenewLocks(
    keys: 2,
    active: Key,
    stalled: Key,
    jobPrefix: Key,
    life: number,
    process: string,
    ...idsAndTokens: string[]
  ): Promise<string[]>
  cornichonTakeOver(keys: 1, active: Key, jobPrefix: Key): Promise<number>
  /** Keys: object, frame and state of each call; then the index of each within its batch, or '' if it is alone. */
  cornichonPresent(keys: number, ...names: (Key | Value)[]): Promise<number[]>
  cornichonWatchBuffer(
    keys: 2,
    object: Key,
    watchers: Key,
    process: string,
    life: number,
  ): Promise<Buffer | null>
  cornichonCreateActor(
    keys: 3,
    actor: Key,
    name: Key,
    actors: Key,
    registeredName: string,
    id: string,
    life: number,
    ...fields: Value[]
  ): Promise<string | null>
  cornichonHostActor(
    keys: 3,
    actor: Key,
    job: Key,
    lock: Key,
    token: string,
    process: string,
  ): Promise<number>
  cornichonChangeActor(keys: 1, actor: Key, state: string, worker: string, restarts: number): Promise<number>
  cornichonPassOnActor(keys: 1, actor: Key): Promise<number>
  cornichonMoveActor(keys: 1, actor: Key, process: string, maxRestarts: number): Promise<number>
  cornichonOverdue(keys: 1, wait: Key, actorPrefix: Key, patience: number): Promise<number>
  cornichonLengths(keys: number, ...lists: Key[]): Promise<number[]>
  /** Ids and data of jobs. */
  cornichonEmptyQueue(
    keys: 1,
    wait: Key,
    jobPrefix: Key,
    isAll: 0 | 1,
    life: number,
    ...ids: string[]
  ): Promise<string[]>
  cornichonEndActor(
    keys: 2,
    actor: Key,
    actors: Key,
    id: string,
    death: Buffer,
    life: number,
    namePrefix: string,
  ): Promise<number>
  cornichonUseFunction(keys: 1, fn: Key, process: string, life: number): Promise<number>
  /** Keys: the functions. */
  cornichonReleaseFunctions(keys: number, ...functionsAndProcess: (Key | string)[]): Promise<number[]>
}

export function withScripts(redis: Redis): Redis & Scripts {
  redis.defineCommand('cornichonOpen', { lua: open })
  redis.defineCommand('cornichonNote', { lua: note })
  redis.defineCommand('cornichonComplete', { lua: complete })
  redis.defineCommand('cornichonRenewLocks', { lua: renewLocks })
  redis.defineCommand('cornichonTakeOver', { lua: takeOver })
  redis.defineCommand('cornichonWatch', { lua: watch })
  redis.defineCommand('cornichonPresent', { lua: present })
  redis.defineCommand('cornichonCreateActor', { lua: createActor })
  redis.defineCommand('cornichonEndActor', { lua: endActor })
  redis.defineCommand('cornichonUseFunction', { lua: useFunction })
  redis.defineCommand('cornichonReleaseFunctions', { lua: releaseFunctions })
  redis.defineCommand('cornichonHostActor', { lua: hostActor })
  redis.defineCommand('cornichonChangeActor', { lua: changeActor })
  redis.defineCommand('cornichonPassOnActor', { lua: passOnActor })
  redis.defineCommand('cornichonMoveActor', { lua: moveActor })
  redis.defineCommand('cornichonOverdue', { lua: overdue })
  redis.defineCommand('cornichonLengths', { lua: lengths })
  redis.defineCommand('cornichonEmptyQueue', { lua: emptyQueue })
  return redis as Redis & Scripts
}
