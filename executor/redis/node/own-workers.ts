// Room for actors that have a worker of their own: a thread, or in an environment a process. They wait in queues of their own,
// of which a worker process takes no more than it has memory for: so they go where there is room, and the queue is where they
// wait if there is none. Who has waited for too long, while all workers are full, is refused with what each of them lacks.
import type { ActorSpec } from '../../executor.ts'
import type { LocalExecutor } from '../../local/index.ts'
import type { Capacity } from '../capacity.ts'
import { Life } from '../keys.ts'
import type { Link } from '../link.ts'
import { type OwnWorker, ownWorkerOf, type Shape } from '../shapes.ts'

/** Milliseconds: one that is full looks again so much later, and twice as late each time. */
const LOOK_AGAIN = 50
const LATEST = 2_000
/** In an error, as many workers say what they lack. */
const MOST_NAMED = 5
/** So often an actor is passed on for which there was room when it was taken, and none when it was to start. */
const MOST_PASSED = 10

/** What becomes of an actor that is to start: it does, or waits in its queue for room, or dies of why there is none. */
export type Admission =
  | { readonly kind: 'starts' }
  | { readonly kind: 'waits' }
  | { readonly kind: 'refused'; readonly why: string }

const STARTS: Admission = { kind: 'starts' }
const WAITS: Admission = { kind: 'waits' }

interface Full {
  readonly why: string
  readonly wait: number
  readonly until: number
}

interface Waiting extends Shape {
  readonly own: OwnWorker
  /** Of its actors, so many have waited for too long, and are to be refused. */
  overdue: number
}

export class OwnWorkers {
  readonly #link: Link
  readonly #local: LocalExecutor
  readonly #capacity: Capacity
  /** Milliseconds that an actor waits for room. */
  readonly #patience: number
  readonly #look: (queue: string) => void
  readonly #queues = new Map<string, Waiting>()
  /** Of actors that were taken, and have no worker yet. */
  readonly #placing = { thread: 0, process: 0 }
  readonly #full = new Map<OwnWorker, Full>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #check: NodeJS.Timeout

  constructor(
    link: Link,
    local: LocalExecutor,
    capacity: Capacity,
    patience: number,
    look: (queue: string) => void,
  ) {
    this.#link = link
    this.#local = local
    this.#capacity = capacity
    this.#patience = patience
    this.#look = look
    const every = Math.max(Math.min(Life.beat, patience / 4), LOOK_AGAIN)
    this.#check = setInterval(() => void this.#findOverdue().catch(() => {}), every).unref()
  }

  add(queue: string, { resources, own }: Shape): void {
    this.#queues.set(queue, { resources, own: own!, overdue: 0 })
  }

  /** What it lacks, for the others to know: by what actors would have of their own. */
  get lacking(): Partial<Record<OwnWorker, string>> {
    return Object.fromEntries(Array.from(this.#full, ([own, { why }]) => [own, why]))
  }

  /** How many more actors of a queue could have a worker now, or are to be refused, up to so many. */
  room(queue: string, most: number): number {
    const { own, overdue } = this.#queues.get(queue)!
    if (overdue > 0) return Math.min(most, overdue)
    // To ask how much memory is left takes longer than most tasks.
    if (Date.now() < (this.#full.get(own)?.until ?? 0)) return 0
    const placing = this.#placing[own]
    const starts = own === 'thread' ? this.#local.mayStart - placing : most
    let count = 0
    for (; count < most && count < starts; count++) {
      const why = this.#local.lackingForOwn(own, placing + count)
      if (why === null) continue
      if (count === 0) this.#isFull(own, why)
      break
    }
    if (count > 0 && this.#full.delete(own)) this.#link.renewLease()
    return count
  }

  #isFull(own: OwnWorker, why: string): void {
    const before = this.#full.get(own)
    const wait = before === undefined ? LOOK_AGAIN : Math.min(2 * before.wait, LATEST)
    this.#full.set(own, { why, wait, until: Date.now() + wait })
    if (before === undefined) this.#link.renewLease()
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.#lookAt(own)
    }, wait + 1).unref()
    this.#timers.add(timer)
  }

  #lookAt(own: OwnWorker): void {
    for (const [queue, waiting] of this.#queues) if (waiting.own === own) this.#look(queue)
  }

  /** An actor of its own worker is gone: its memory may be free in a moment. */
  mayHaveRoom(spec: ActorSpec): void {
    const full = this.#full.get(ownWorkerOf(spec))
    if (full !== undefined) this.#full.set(ownWorkerOf(spec), { ...full, wait: LOOK_AGAIN })
  }

  /** An actor was taken: room is kept for it until what is returned is called. */
  keep(spec: ActorSpec): () => void {
    if (!spec.options.isolate) return () => {}
    const own = ownWorkerOf(spec)
    this.#placing[own]++
    return () => {
      this.#placing[own]--
    }
  }

  /** Of an actor that room is kept for. */
  async admit(queue: string, spec: ActorSpec): Promise<Admission> {
    if (!spec.options.isolate) return STARTS
    const own = ownWorkerOf(spec)
    const why = this.#local.lackingForOwn(own, this.#placing[own] - 1)
    const waiting = this.#queues.get(queue)
    if (waiting !== undefined && waiting.overdue > 0) waiting.overdue--
    if (why === null) return STARTS
    const { redis, keys } = this.#link
    const [since, [seconds, microseconds]] = await Promise.all([
      redis.hget(keys.actor(spec.id), 'waitsSince'),
      redis.time(),
    ])
    const now = Number(seconds) * 1000 + Number(microseconds) / 1000
    this.#isFull(own, why)
    if (since === null || now - Number(since) < this.#patience) return WAITS
    const lacking = await this.#lackingEverywhere(own, spec.options.resources)
    if (lacking === null) return WAITS
    return { kind: 'refused', why: `no worker had room for it within ${this.#patience / 1000} s: ${lacking}` }
  }

  /** For an actor there was room a moment ago. */
  hasNoRoom(spec: ActorSpec, why: string): void {
    this.#isFull(ownWorkerOf(spec), why)
  }

  /** It is nowhere now. Its start goes back to the queue if it waits. */
  async passOn({ id }: ActorSpec, lacking: string): Promise<Admission> {
    const { redis, keys } = this.#link
    const tries = await redis.cornichonPassOnActor(1, keys.actor(id))
    if (tries <= MOST_PASSED) return WAITS
    const why = `workers took it ${tries} times, and had no room for it when it was to start; here ${lacking}. ${REMEDY}`
    return { kind: 'refused', why }
  }

  async #lackingEverywhere(
    own: OwnWorker,
    resources: Readonly<Record<string, number>>,
  ): Promise<string | null> {
    const all = await this.#capacity.lackingRoom(resources, own)
    if (all === null) return null
    const more = all.length > MOST_NAMED ? `; and ${all.length - MOST_NAMED} more` : ''
    return `${all.slice(0, MOST_NAMED).join('; ')}${more}. ${REMEDY}`
  }

  /** Those that wait while there is room nowhere: since when is noted with each. */
  async #findOverdue(): Promise<void> {
    const { redis, keys } = this.#link
    for (const [queue, waiting] of this.#queues) {
      if (!this.#full.has(waiting.own)) continue
      const list = `${keys.prefix}:${queue}:wait`
      const overdue = await redis.cornichonOverdue(1, list, keys.actor(''), this.#patience)
      if (overdue === 0 || (await this.#lackingEverywhere(waiting.own, waiting.resources)) === null) continue
      waiting.overdue = overdue
      this.#look(queue)
    }
  }

  close(): void {
    clearInterval(this.#check)
    for (const timer of this.#timers) clearTimeout(timer)
  }
}

const REMEDY =
  'End actors that are not needed, start another worker, or say isolate: false, with which actors share workers'
