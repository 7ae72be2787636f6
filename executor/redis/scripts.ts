// What has to happen in Redis at once: scripts, each a command of its own.
import type { Redis } from 'ioredis'

/** A stream with more entries than that belongs to a slow reader: values stay in their keys, and are fetched. */
const LONG_INBOX = 1000

/**
 * The outcomes of a call. The first writer wins, since a call may run more than once; whoever waits is told. A driver
 * that is gone is told nothing.
 */
const settle = `
local life, inboxPrefix, message, count = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local fresh = redis.call('UNLINK', KEYS[1])
local fields = {'m', message}
for i = 1, count do
  local object, watchers = KEYS[2 + 2 * i], KEYS[3 + 2 * i]
  local id, frame = ARGV[3 + 2 * i], ARGV[4 + 2 * i]
  if redis.call('SET', object, frame, 'NX', 'PX', life) then
    fresh = fresh + 1
    for _, watcher in ipairs(redis.call('SMEMBERS', watchers)) do
      redis.call('XADD', inboxPrefix .. watcher, '*', 'm', cjson.encode({kind = 'object', id = id}))
      redis.call('PEXPIRE', inboxPrefix .. watcher, life)
    end
    redis.call('UNLINK', watchers)
  end
  fields[#fields + 1] = 'f'
  fields[#fields + 1] = frame
end
if fresh > 0 and redis.call('EXISTS', KEYS[3]) == 1 then
  if redis.call('XLEN', KEYS[2]) >= ${LONG_INBOX} then fields = {'m', message} end
  redis.call('XADD', KEYS[2], '*', unpack(fields))
  redis.call('PEXPIRE', KEYS[2], life)
end
return fresh`

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

/** Which of the keys there are. */
const present = `
local found = {}
for i, key in ipairs(KEYS) do found[i] = redis.call('EXISTS', key) end
return found`

type Key = string
type Value = string | Buffer | number

export interface Scripts {
  /** Keys: call, inbox, lease of the owner; then object and watchers of each result. */
  cornichonSettle(keys: number, ...keysAndValues: (Key | Value)[]): Promise<number>
  cornichonPresent(keys: number, ...names: Key[]): Promise<number[]>
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
  redis.defineCommand('cornichonSettle', { lua: settle })
  redis.defineCommand('cornichonWatch', { lua: watch })
  redis.defineCommand('cornichonPresent', { lua: present })
  redis.defineCommand('cornichonCreateActor', { lua: createActor })
  redis.defineCommand('cornichonEndActor', { lua: endActor })
  return redis as Redis & Scripts
}
