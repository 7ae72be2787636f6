// Jobs that this process has asked for and not got yet. Where the connection is lost with the answer, Redis has given one
// away of which nobody here knows, and the client asks again: so what was given is put back first, where it was, as if the
// first time had never been.
import type { Link } from '../link.ts'

/**
 * Nothing that may be unknown to Redis by its digest: it has to come first. Where Redis was away for longer than locks last,
 * there is none to tell it by: of an actor's queue, which nobody else takes from, all is that which is under way and not known.
 */
const putBack = `
local active, prefix, token, kept, isOwn = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1'
local known = {}
for i = 5, #ARGV do known[ARGV[i]] = true end
for _, id in ipairs(redis.call('LRANGE', active, 0, -1)) do
  local job = prefix .. id
  local lock = redis.call('GET', job .. ':lock')
  if id ~= kept and (lock == token or (isOwn and not lock and not known[id])) then
    redis.call('UNLINK', job .. ':lock')
    redis.call('SREM', prefix .. 'stalled', id)
    redis.call('LREM', active, 1, id)
    local priority = tonumber(redis.call('HGET', job, 'priority') or 0)
    if priority > 0 then redis.call('ZADD', prefix .. 'prioritized', priority * 0x100000000, id)
    else redis.call('RPUSH', prefix .. 'wait', id) end
    redis.call('ZADD', prefix .. 'marker', 0, '0')
    redis.call('XADD', prefix .. 'events', '*', 'event', 'waiting', 'jobId', id, 'prev', 'active')
  end
end`

interface Take {
  readonly queue: string
  readonly token: string
  /** The job whose end is to bring the next one, under the same token. */
  readonly ending: string
  readonly known: Known | null
}

/** The jobs that a process has of a queue that nobody else takes from. */
export type Known = () => Iterable<string>

export class Takes {
  readonly #underWay = new Set<Take>()

  constructor(link: Link) {
    link.beforeResending(() => {
      const { redis, keys } = link
      for (const { queue, token, ending, known } of this.#underWay) {
        const prefix = `${keys.prefix}:${queue}:`
        const own = known === null ? [0] : [1, ...known()]
        redis.eval(putBack, 1, `${prefix}active`, prefix, token, ending, ...own).catch(() => {})
      }
    })
  }

  /** Returns what to call when there is an answer. */
  begin(queue: string, token: string, ending = '', known: Known | null = null): () => void {
    const take = { queue, token, ending, known }
    this.#underWay.add(take)
    return () => this.#underWay.delete(take)
  }
}

/** One for all queues that a process takes from. */
const byLink = new WeakMap<Link, Takes>()

export function takesOf(link: Link): Takes {
  let takes = byLink.get(link)
  if (takes === undefined) byLink.set(link, (takes = new Takes(link)))
  return takes
}
