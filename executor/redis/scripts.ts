// What has to happen in Redis at once: scripts, each a command of its own.
import type { Redis } from 'ioredis'
import { enqueueScript } from './enqueue.ts'

/** A stream with more entries than that belongs to a slow reader: values stay in their keys, and are fetched. */
const LONG_INBOX = 1000

/** So many calls may begin before it is said that they have. */
const MAY_HAVE_BEGUN = 8

/**
 * The outcomes of calls of one owner. The first writer wins, since a call may run more than once; whoever waits is told.
 * A driver that is gone is told nothing. A call of a batch is marked as over, and the last one of a batch ends its frame.
 * A value that is not small does not come through here, where it would be copied again and again, but lies in a key that
 * gets the object's name. What a result has in keys of its own has to be there, unless there is a result already; of a result
 * that came too late it goes.
 */
const settle = `
local life, callLife, inboxPrefix, message = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local batches, results = tonumber(ARGV[5]), tonumber(ARGV[6])
local key, arg, fresh = 2, 6, 0
local places, watchers = {}, {}
for i = 1, results do
  local own = tonumber(ARGV[arg + 3])
  places[i], watchers[i] = key, KEYS[key + 2]
  for k = key + 3, key + 2 + own do
    if redis.call('EXISTS', KEYS[k]) == 0 and redis.call('EXISTS', KEYS[key + 1]) == 0 then
      return redis.error_reply('a part of the result could not be stored')
    end
  end
  key, arg = key + 2 + own, arg + 3
end
for i = 1, batches do
  local frame, state, size, calls = KEYS[key + 1], KEYS[key + 2], tonumber(ARGV[arg + 1]), tonumber(ARGV[arg + 2])
  key, arg = key + 2, arg + 2
  if size == 1 then fresh = fresh + redis.call('UNLINK', frame)
  elseif redis.call('EXISTS', frame) == 1 then
    local marks = {}
    for c = 1, calls do
      marks[2 * c - 1] = 'x' .. ARGV[arg + c]
      marks[2 * c] = 1
    end
    local new = redis.call('HSET', state, unpack(marks))
    if new > 0 then
      fresh = fresh + new
      local over = redis.call('HINCRBY', state, 'd', new)
      if over == size then redis.call('UNLINK', frame, state)
      elseif over == new then redis.call('PEXPIRE', state, callLife) end
    end
  end
  arg = arg + calls
end
local isWatched = results > 0 and redis.call('EXISTS', unpack(watchers)) > 0
local fields = {'m', message}
for i = 1, results do
  local at, id, value, own = places[i], ARGV[3 * i + 4], ARGV[3 * i + 5], tonumber(ARGV[3 * i + 6])
  local object, made, isFirst = KEYS[at + 1], KEYS[at + 3], false
  if value ~= '' then isFirst = redis.call('SET', object, value, 'NX', 'PX', life)
  else isFirst = redis.call('EXISTS', made) == 1 and redis.call('RENAMENX', made, object) == 1 end
  if isFirst then
    fresh = fresh + 1
    if isWatched then
      for _, watcher in ipairs(redis.call('SMEMBERS', watchers[i])) do
        redis.call('XADD', inboxPrefix .. watcher, '*', 'm', cjson.encode({kind = 'object', id = id}))
        redis.call('PEXPIRE', inboxPrefix .. watcher, life)
      end
      redis.call('UNLINK', watchers[i])
    end
  else
    local mine = value
    if value == '' then mine = redis.call('GET', made) end
    if own > 0 then
      local isAnother = mine and mine ~= redis.call('GET', object)
      for k = at + 3, at + 2 + own do
        if isAnother or (value == '' and KEYS[k] == made) then redis.call('UNLINK', KEYS[k]) end
      end
    end
    value = ''
  end
  fields[2 * i + 1] = 'f'
  fields[2 * i + 2] = value
end
if fresh > 0 and redis.call('EXISTS', KEYS[2]) == 1 then
  if redis.call('XLEN', KEYS[1]) >= ${LONG_INBOX} then fields = {'m', message} end
  redis.call('XADD', KEYS[1], '*', unpack(fields))
  redis.call('PEXPIRE', KEYS[1], life)
end
return fresh`

/**
 * What the job is for that was taken just now, by the token of its lock: the frame of its batch, from where to where, and
 * what is known of its calls. A job that comes back from a dead process has those calls charged that had begun, once; where
 * none is known to be under way, those that may have begun since the process said how far it was.
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
for _, id in ipairs(redis.call('LRANGE', KEYS[1], 0, 63)) do
  if redis.call('GET', prefix .. id .. ':lock') == token then
    local data, stalled = unpack(redis.call('HMGET', prefix .. id, 'data', 'stc'))
    if not data then return false end
    if data == '{}' then return {isLast, id, id, 0, 1, 1, redis.call('GET', callPrefix .. id)} end
    local range = cjson.decode(data)
    local batch, at, to, size = range.of or id, range.at or 0, range.to, range.size
    local frame, state = redis.call('GET', callPrefix .. batch), statePrefix .. batch
    if not frame then return {isLast, id, batch, at, to, size, false} end
    local ends = tonumber(redis.call('HGET', state, 'e' .. id) or to)
    if ends < to then to = ends end
    stalled = tonumber(stalled or 0)
    if stalled > tonumber(redis.call('HGET', state, 'r' .. id) or 0) then
      local began = tonumber(redis.call('HGET', state, 's' .. id) or at)
      if began > to then began = to end
      local charged = 0
      local function charge(from, up)
        for i = from, up - 1 do
          if redis.call('HEXISTS', state, 'x' .. i) == 0 then
            redis.call('HINCRBY', state, 'c' .. i, 1)
            charged = charged + 1
          end
        end
      end
      charge(at, began)
      if charged == 0 then charge(began, math.min(began + ${MAY_HAVE_BEGUN}, to)) end
      redis.call('HSET', state, 'r' .. id, stalled, 's' .. id, at)
      redis.call('PEXPIRE', state, life)
    end
    return {isLast, id, batch, at, to, size, frame, unpack(redis.call('HGETALL', state))}
  end
end
return false`

/** The object, or null and a place among those who are told. */
const watch = `
local frame = redis.call('GET', KEYS[1])
if frame then return frame end
redis.call('SADD', KEYS[2], ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return false`

/** An actor's record, unless its name is taken: then the id of who has it. */
const createActor = `
if ARGV[1] ~= '' then
  local owner = redis.call('GET', KEYS[2])
  if owner and owner ~= ARGV[2] then return owner end
  redis.call('SET', KEYS[2], ARGV[2])
end
redis.call('HSET', KEYS[1], unpack(ARGV, 3))
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

type Key = string
type Value = string | Buffer | number

export interface Scripts {
  /** See enqueue.ts: 1 if it was handed over. */
  cornichonEnqueue(keys: number, ...keysAndValues: (Key | Value)[]): Promise<number>
  /** See settle.ts. */
  cornichonSettle(keys: number, ...keysAndValues: (Key | Value)[]): Promise<number>
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
    ...fields: Value[]
  ): Promise<string | null>
  cornichonEndActor(
    keys: 2,
    actor: Key,
    actors: Key,
    id: string,
    death: Buffer,
    life: number,
    namePrefix: string,
  ): Promise<number>
}

export function withScripts(redis: Redis): Redis & Scripts {
  redis.defineCommand('cornichonEnqueue', { lua: enqueueScript })
  redis.defineCommand('cornichonSettle', { lua: settle })
  redis.defineCommand('cornichonOpen', { lua: open })
  redis.defineCommand('cornichonWatch', { lua: watch })
  redis.defineCommand('cornichonPresent', { lua: present })
  redis.defineCommand('cornichonCreateActor', { lua: createActor })
  redis.defineCommand('cornichonEndActor', { lua: endActor })
  return redis as Redis & Scripts
}
