// What one job is for: the calls of a batch from one index up to another. What this process can't do of it soon goes back
// as a job of its own.
import { randomBytes } from 'node:crypto'
import type { Job } from 'bullmq'
import { Life } from '../keys.ts'
import type { Link } from '../link.ts'
import type { JobData, Place, WireCall } from '../wire.ts'
import { splitOff } from './split.ts'

export interface Opened {
  /** No other waited in the queue. */
  readonly isLast: boolean
  readonly job: string
  readonly batch: string
  readonly at: number
  readonly to: number
  readonly size: number
  /** Null if all of its calls are over. */
  readonly frame: Buffer
  /** See scripts.ts. */
  readonly state: ReadonlyMap<string, string>
}

/** By the token that a job was taken with; null if it is not in the queue's list of those that are under way. */
export async function openTaken(
  { redis, keys }: Link,
  queue: string,
  token: string,
): Promise<(Omit<Opened, 'frame'> & { readonly frame: Buffer | null }) | null> {
  const prefix = `${keys.prefix}:${queue}:`
  const answer = await redis.cornichonOpenBuffer(
    1,
    `${prefix}active`,
    prefix,
    keys.call(''),
    keys.batch(''),
    token,
    Life.call,
  )
  if (answer === null) return null
  const [isLast, job, batch, at, to, size, frame, ...fields] = answer
  const state = new Map<string, string>()
  for (let i = 0; i < fields.length; i += 2) state.set(fields[i]!.toString(), fields[i + 1]!.toString())
  return { isLast: isLast === 1, job: job.toString(), batch: batch.toString(), at, to, size, frame, state }
}

/** Milliseconds. */
const SAID_AFTER = 1
/** Of calls that have to be known to begin: so many are told at once, where the last ones have begun within milliseconds. */
const MOST_TOLD = 8
const FAST = 4
/** Milliseconds until Redis is told again that did not take it. */
const AGAIN = 200

/** A job, as far as its calls need it. */
export interface Source {
  /** For people; '' until the calls are read. */
  title: string
  readonly priority: number
  /** How often a worker process died that had it. */
  readonly stalls: number
  /** A worker process died that had it, or what it was part of. */
  readonly isSuspect: boolean
  /** Made when it is asked for first. */
  readonly bull: Job<JobData>
}

export function sourceOf(bull: Job<JobData>): Source {
  const { name, opts, stalledCounter, data } = bull
  return {
    bull,
    title: name,
    priority: opts.priority ?? 0,
    stalls: stalledCounter,
    isSuspect: stalledCounter > 0 || data.isSuspect === true,
  }
}

export class Range {
  readonly #source: Source
  readonly job: string
  readonly token: string
  readonly batch: string
  readonly at: number
  readonly size: number
  /** A call that was made alone, and no other waited. */
  readonly isLone: boolean
  readonly #link: Link
  readonly #queue: string
  readonly #state: ReadonlyMap<string, string>
  #to: number
  #begun = -1
  /** Those that are not over. */
  left = 0
  /** By the clock: until then its job is surely not another's. */
  lockEnd = 0
  /** It is another's by now. */
  isLost = false
  readonly failed: [id: string, name: string, message: string][] = []
  isGivenBack = false
  /** Told when none of its calls is left. */
  onOver: () => void = () => {}

  constructor(
    source: Source,
    token: string,
    { isLast, job, batch, at, to, size, state }: Omit<Opened, 'frame'>,
    link: Link,
    queue: string,
  ) {
    this.#source = source
    this.token = token
    this.job = job
    this.batch = batch
    this.at = at
    this.size = size
    this.isLone = isLast && size === 1
    this.#to = to
    this.#state = state
    this.#link = link
    this.#queue = queue
  }

  /** The last one that has begun; less than all where none has. */
  get begun(): number {
    return this.#begun
  }

  get bull(): Job<JobData> {
    return this.#source.bull
  }

  /** A worker process died that had this job, or the one that it was part of. */
  get isSuspect(): boolean {
    return this.#source.isSuspect
  }

  get isOver(): boolean {
    return this.left === 0
  }

  /** Those that are not over yet. */
  calls<T>(
    all: readonly WireCall[],
    make: (wire: WireCall, place: Place, crashes: number) => T,
  ): readonly T[] {
    const { batch, size } = this
    const state = this.#state
    const isNew = state.size === 0
    const members: T[] = []
    for (let index = this.at; index < this.#to && index < all.length; index++) {
      // It is over, or in another job by now.
      if (!isNew && (state.has(`x${index}`) || state.has(`g${this.job}~${index}`))) continue
      const crashes = size === 1 ? this.#source.stalls : isNew ? 0 : Number(state.get(`c${index}`) ?? 0)
      members.push(make(all[index]!, { batch, index, size }, crashes))
    }
    this.left = members.length
    return members
  }

  /**
   * One of its calls begins. That is said first, or where calls begin fast a moment later for all that begin until then:
   * whoever finds them after a crash of this process knows which may be to blame. A call that is alone has begun when it
   * is taken. After a crash nothing begins before Redis has heard of it, and has all results of those before: what ends its
   * process at once is found out then. `isLastTry`: it may not begin again after it, so Redis has to have heard of it, too; the
   * answer is false where its job may be another's by now, and it does not begin.
   */
  begin(index: number, isLastTry: boolean): Promise<boolean> | null {
    if (this.size === 1) return null
    if (isLastTry) return this.#beginLastTry(index)
    this.#begun = Math.max(this.#begun, index)
    if (this.isSuspect)
      return this.#say()
        .then(() => this.#stored())
        .then(() => true)
    if (this.#timer !== null) return null
    const wait = this.#lastSaid + SAID_AFTER - performance.now()
    if (wait <= 0) void this.#say()
    else this.#timer = setTimeout(() => void this.#say(), wait)
    return null
  }

  /** Redis has heard that those before it begin. */
  #told = 0
  #toldAtOnce = 0
  #lastTold = Number.NEGATIVE_INFINITY

  /** Where calls begin fast, those behind it are told with it. */
  #beginLastTry(index: number): Promise<boolean> | null {
    if (index < this.#told) {
      this.#begun = Math.max(this.#begun, index)
      return null
    }
    const now = performance.now()
    const isFast = now - this.#lastTold < FAST && !this.isSuspect
    this.#lastTold = now
    this.#toldAtOnce = isFast ? Math.min(2 * this.#toldAtOnce, MOST_TOLD) : 1
    return this.#hear(Math.min(index + this.#toldAtOnce, this.#to)).then(async (isOurs) => {
      if (!isOurs) return false
      this.#begun = Math.max(this.#begun, index)
      if (this.isSuspect) await this.#stored()
      return true
    })
  }

  /** False if its job may be another's, or Redis does not take it now. */
  async #hear(to: number): Promise<boolean> {
    const { redis, keys } = this.#link
    const lock = `${keys.prefix}:${this.#queue}:${this.job}:lock`
    const names = [keys.call(this.batch), keys.batch(this.batch), lock] as const
    try {
      const told = Math.max(to, this.#begun + 1)
      const isOurs = await redis.cornichonNote(3, ...names, `s${this.job}`, told, Life.call, this.token)
      if (isOurs === 1) this.#told = Math.max(this.#told, told)
      return isOurs === 1
    } catch {
      await new Promise((resolve) => setTimeout(resolve, AGAIN))
      return false
    }
  }

  readonly #storing = new Set<Promise<void>>()

  /** The results of one of its calls are on their way: what to call when that is over. */
  stores(): (() => void) | null {
    if (!this.isSuspect) return null
    let over: () => void = () => {}
    const stored = new Promise<void>((resolve) => {
      over = () => {
        this.#storing.delete(stored)
        resolve()
      }
    })
    this.#storing.add(stored)
    return over
  }

  async #stored(): Promise<void> {
    await Promise.all(this.#storing)
  }

  #timer: NodeJS.Timeout | null = null
  #lastSaid = Number.NEGATIVE_INFINITY

  async #say(): Promise<void> {
    this.#timer = null
    this.#lastSaid = performance.now()
    // All is known of them.
    if (this.isOver) return
    await this.#note(`s${this.job}`, Math.max(this.#told, this.#begun + 1)).catch(() => {})
  }

  /** In the state of its batch, while that is not over. */
  #note(field: string, value: number): Promise<unknown> {
    const { redis, keys } = this.#link
    return redis.cornichonNote(2, keys.call(this.batch), keys.batch(this.batch), field, value, Life.call)
  }

  /** Some from among those that have begun, as was thought, become a job of their own. */
  giveBack(from: number, to: number): Promise<void> {
    // Another id than this one's, and than all that ever were of jobs of the same calls.
    return this.#split(`${from}~${randomBytes(6).toString('hex')}`, from, to, false)
  }

  /** Those from an index on become a job of their own. */
  giveBackFrom(index: number): Promise<void> {
    const to = this.#to
    // What goes back while this is on its way ends here, too: it would take the same calls with it.
    this.#to = index
    return this.#split(`${index}~${to}`, index, to, true)
  }

  async #split(name: string, at: number, to: number, isTail: boolean): Promise<void> {
    const { batch, job, token, size, isSuspect } = this
    const { title, priority } = this.#source
    const rest = { of: batch, at, to, size, ...(isSuspect && { isSuspect }) }
    const split = { job, token, id: `${batch}~${name}`, title, priority, rest, isTail }
    const isDone = await splitOff(this.#link, this.#queue, split).catch(() => false)
    // Then this job goes back as a whole, when what has begun of it is over.
    if (!isDone) this.isGivenBack = true
  }
}
