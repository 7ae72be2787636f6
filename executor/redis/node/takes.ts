// Jobs that this process was given and has not got. Where a connection is lost with the answer, or with what was handed over,
// Redis has given one away of which nobody here knows, and the client asks again: so what was given is put back first, where it
// was, as if the first time had never been.
import { HANDED } from '../enqueue.ts'
import type { Link } from '../link.ts'

/**
 * Nothing that may be unknown to Redis by its digest: it has to come first. Where Redis was away for longer than locks last,
 * there is none to tell it by: then it is what this process was given, as BullMQ notes, and does not know; of an actor's queue,
 * which nobody else takes from, all.
 */
const putBack = `
local active, prefix, token, kept, process, isOwn = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5] == '1'
local known = {}
for i = 6, #ARGV do known[ARGV[i]] = true end
for _, id in ipairs(redis.call('LRANGE', active, 0, -1)) do
  local job = prefix .. id
  local lock = redis.call('GET', job .. ':lock')
  local isLost = lock == token or (not lock and (isOwn or redis.call('HGET', job, 'pb') == process))
  if isLost and id ~= kept and not known[id] then
    redis.call('UNLINK', job .. ':lock')
    redis.call('SREM', prefix .. 'stalled', id)
    redis.call('LREM', active, 1, id)
    if redis.call('EXISTS', job) == 1 then
      local priority = tonumber(redis.call('HGET', job, 'priority') or 0)
      if priority > 0 then redis.call('ZADD', prefix .. 'prioritized', priority * 0x100000000, id)
      else redis.call('RPUSH', prefix .. 'wait', id) end
      redis.call('ZADD', prefix .. 'marker', 0, '0')
      redis.call('XADD', prefix .. 'events', '*', 'event', 'waiting', 'jobId', id, 'prev', 'active')
    end
  end
end`

/** The jobs that a process has of a queue. */
export type Known = () => Iterable<string>

/** A queue that a process takes from. */
export interface QueueSource {
  readonly queue: string
  /** Nobody else does. */
  readonly isOwn: boolean
  readonly known: Known
}

interface Take {
  readonly source: QueueSource
  readonly token: string
  /** The job whose end is to bring the next one, under the same token. */
  readonly ending: string
}

export class Takes {
  readonly #link: Link
  readonly #underWay = new Set<Take>()

  constructor(link: Link) {
    this.#link = link
    link.beforeResending(() => {
      for (const { source, token, ending } of this.#underWay)
        this.#putBack(source, token, ending).catch(() => {})
    })
  }

  /** Returns what to call when there is an answer. */
  begin(source: QueueSource, token: string, ending = ''): () => void {
    const take = { source, token, ending }
    this.#underWay.add(take)
    return () => this.#underWay.delete(take)
  }

  /** What came, and was not known for what it is before its lock was over: another may have it by now. */
  putBackTaken(source: QueueSource, token: string): Promise<unknown> {
    return this.#putBack(source, token, '')
  }

  /** What was handed over by the line that was lost: by the next one nothing can have come yet. */
  putBackHanded(source: QueueSource): Promise<unknown> {
    return this.#putBack(source, this.#link.id + HANDED, '')
  }

  #putBack({ queue, isOwn, known }: QueueSource, token: string, ending: string): Promise<unknown> {
    const { redis, keys, id } = this.#link
    const prefix = `${keys.prefix}:${queue}:`
    return redis.eval(putBack, 1, `${prefix}active`, prefix, token, ending, id, isOwn ? 1 : 0, ...known())
  }
}

/** One for all queues that a process takes from. */
const byLink = new WeakMap<Link, Takes>()

export function takesOf(link: Link): Takes {
  let takes = byLink.get(link)
  if (takes === undefined) byLink.set(link, (takes = new Takes(link)))
  return takes
}
