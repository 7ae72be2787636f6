// Calls that no job stands for. A Redis that was killed, or another that took its place, may have lost what it had accepted
// last; processes that go on from where they were may then end the only job that stood for calls that are not over. Whoever
// made those calls would wait for ever: they become jobs again.
import { randomBytes } from 'node:crypto'
import { toJson } from '../../runtime-env/json.ts'
import type { Link } from './link.ts'
import { jobOptions } from './queues.ts'
import { Script } from './script.ts'
import { addFirst } from './scripts.ts'

/**
 * Of batches of one queue: those of their calls that are not over, and that no job is for, wait before all others, in their
 * order.
 */
const requeue = new Script(`${addFirst}
local prefix, callPrefix, statePrefix, suffix, now, opts, isActor = unpack(ARGV, 1, 7)
local call = redis.call
if isActor == '1' then
  local state = call('HGET', KEYS[1], 'state')
  if not state or state == 'dead' then return 0 end
end
local covered, count = {}, 0
for i = 8, #ARGV, 3 do covered[ARGV[i]] = {} end
local function look(ids)
  for _, id in ipairs(ids) do
    local batch = string.match(id, '^[^~]+')
    local calls = batch and covered[batch]
    local data = calls and call('HGET', prefix .. id, 'data')
    if data then
      local range = cjson.decode(data)
      local to = tonumber(range.to or 1)
      local ends = tonumber(call('HGET', statePrefix .. batch, 'e' .. id) or to)
      for k = tonumber(range.at or 0), math.min(to, ends) - 1 do
        if call('HEXISTS', statePrefix .. batch, 'g' .. id .. '~' .. k) == 0 then calls[k] = true end
      end
    end
  end
end
for _, list in ipairs({'wait', 'active', 'paused'}) do look(call('LRANGE', prefix .. list, 0, -1)) end
for _, set in ipairs({'prioritized', 'delayed'}) do look(call('ZRANGE', prefix .. set, 0, -1)) end
local function add(id, title, data)
  count = count + 1
  addFirst(prefix, id, title, data, opts, 0, now)
end
for i = #ARGV - 2, 8, -3 do
  local batch, size, title = ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 2]
  if call('EXISTS', callPrefix .. batch) == 1 then
    local function isLeft(k)
      return k >= 0 and not covered[batch][k] and (size == 1 or call('HEXISTS', statePrefix .. batch, 'x' .. k) == 0)
    end
    local k = size - 1
    while k >= 0 do
      if isLeft(k) then
        local to = k + 1
        while isLeft(k - 1) do k = k - 1 end
        if size == 1 then add(batch, title, '{}')
        else add(batch .. '~' .. k .. '~' .. suffix .. to, title, cjson.encode({of = batch, at = k, to = to, size = size})) end
      end
      k = k - 1
    end
  end
end
return count`)

/** Calls that were made at once, and are in one frame. */
export interface Batch {
  readonly id: string
  readonly size: number
  /** For people. */
  readonly name: string
}

/** Those of one queue, whose jobs were added; `actor` is whose it is, if it is one's. Resolves to how many jobs were missing. */
export function requeueOrphans(
  { redis, keys }: Link,
  queue: string,
  actor: string | null,
  batches: readonly Batch[],
): Promise<number> {
  const { jobId: _, ...options } = jobOptions('', 0)
  return requeue.run(
    redis,
    [keys.actor(actor ?? '')],
    [
      ...[`${keys.prefix}:${queue}:`, keys.call(''), keys.batch(''), randomBytes(6).toString('hex')],
      ...[Date.now(), toJson({ ...options, attempts: 0 }), actor === null ? 0 : 1],
      ...batches.flatMap(({ id, size, name }) => [id, size, name]),
    ],
  )
}
