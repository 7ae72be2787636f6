// Some calls of a job become a job of their own, which waits before all others of its priority: what a process has taken, and
// can't do soon.
import { toJson } from '../../../runtime-env/json.ts'
import { Life } from '../keys.ts'
import type { Link } from '../link.ts'
import { jobOptions } from '../queues.ts'
import { Script } from '../script.ts'
import { addFirst } from '../scripts.ts'
import type { JobData } from '../wire.ts'

/**
 * At once: calls that are in two jobs, or would be after a crash, run twice, whatever their retries. Only of a job that is
 * locked by the token: what another has, or may have by now, comes with that job. 1 where it is done, or was done before the
 * connection broke.
 */
const script = new Script(`${addFirst}
local prefix, job, token, id, title, data, opts, priority, now, from, to, isTail, life = unpack(ARGV)
local frame, state = KEYS[1], KEYS[2]
local call = redis.call
if call('GET', prefix .. job .. ':lock') ~= token then return 0 end
local marks = {}
if isTail == '1' then marks = {'e' .. job, from}
else
  for i = from, to - 1 do
    marks[#marks + 1] = 'g' .. job .. '~' .. i
    marks[#marks + 1] = 1
  end
end
if call('HGET', state, marks[1]) == tostring(marks[2]) or call('EXISTS', frame) == 0 then return 1 end
call('HSET', state, unpack(marks))
call('PEXPIRE', state, life)
addFirst(prefix, id, title, data, opts, priority, now)
return 1`)

export interface Split {
  /** Where they were. */
  readonly job: string
  readonly token: string
  /** The new job's. */
  readonly id: string
  /** For people. */
  readonly title: string
  readonly priority: number
  readonly rest: JobData & { readonly of: string; readonly at: number; readonly to: number }
  /** They are all that are behind the first of them. */
  readonly isTail: boolean
}

/** False if the job is not this process's any more: nothing has changed then. */
export async function splitOff(
  { redis, keys }: Link,
  queue: string,
  { job, token, id, title, priority, rest, isTail }: Split,
): Promise<boolean> {
  const options = jobOptions(id, priority)
  const done = await script.run(
    redis,
    [keys.call(rest.of), keys.batch(rest.of)],
    [
      ...[`${keys.prefix}:${queue}:`, job, token, id, title, toJson(rest)],
      ...[toJson({ ...options, attempts: 0 }), options.priority ?? 0, Date.now()],
      ...[rest.at, rest.to, isTail ? 1 : 0, Life.call],
    ],
  )
  return done === 1
}
