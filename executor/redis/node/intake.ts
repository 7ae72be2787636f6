// Takes jobs of one queue, one after the other, when there is room for them, and starts their calls. BullMQ keeps the
// queue, its order, its locks and the recovery of what a dead worker had; jobs are taken by hand, for how many fit changes
// from moment to moment. Of a batch it keeps no more than it can start soon: the rest goes back at once, for others.
import type { Job } from 'bullmq'
import { clock } from '../../clock.ts'
import { loadBullMQ } from '../bullmq.ts'
import { HANDED, type Handed } from '../enqueue.ts'
import type { Link } from '../link.ts'
import type { JobData, WireCall } from '../wire.ts'
import { Arrivals } from './arrivals.ts'
import { COMPLETED_AFTER, Completions } from './completions.ts'
import type { Doorbell } from './doorbell.ts'
import { Locks } from './locks.ts'
import { type Opened, openTaken, Range, type Source, sourceOf } from './range.ts'
import { moveStalled } from './stalled.ts'
import { Held, type Holder, type Taken } from './taken.ts'
import { type Next, Taker } from './taker.ts'
import { type QueueSource, takesOf } from './takes.ts'
import type { Tenure } from './tenure.ts'
import { Waiting } from './waiting.ts'

/** So few calls that wait for room are no reason not to take more, if calls began within so many milliseconds. */
const RUNNING_OUT = 8
const SOON = 5
/** Milliseconds that a brief call may take before the next job is asked for without it. */
const BRIEF = 2
/** A process offers no more room than that at once. */
const MOST_OFFERED = 8
const NOTHING_KNOWN: ReadonlyMap<string, string> = new Map()

export interface IntakeSettings {
  readonly queue: string
  /** Tells of jobs, where nobody else takes them; else it waits for them over a connection of its own. */
  readonly doorbell: Doorbell | null
  readonly recoverAfter: number
  /** How many more calls could start now, up to so many. */
  room(most: number): number
  /** How many of the calls could start now, or go to who will be done with another very soon. */
  place(calls: readonly Taken[]): number
  /** Reads the calls of a frame; throws if they are refused. */
  read(frame: Buffer, batch: string): Promise<readonly WireCall[]>
  /** Whether it may not begin again, though its worker process dies. */
  isLastTry(call: Taken): boolean
  /** Runs a call, which is told how it ends. */
  start(call: Taken): void
  refuse(frame: Buffer, batch: string, range: readonly [number, number, number], error: Error): Promise<void>
  /** A job's frame is not there: its calls are over, or their time is. */
  gone(batch: string): void
  /** How many of the calls that wait here are worth being kept, where there is room for so many of them. */
  keep(calls: readonly Taken[], room: number): number
  /** Whether the call will be over within a millisecond or two. */
  isBrief(call: Taken): boolean
  /** Milliseconds that a call may wait here for room; null where nobody else could take it. */
  readonly patience: number | null
  /** A job is another's by now. */
  lost(range: Range): void
  /** Where others may have what this process has not begun; null where nobody else takes from the queue. */
  readonly tenure: Tenure | null
  /** There may be room for calls that are handed to this process, or not any more; null if that is not done. */
  readonly roomChanged: (() => void) | null
}

export class Intake {
  readonly #link: Link
  readonly #worker: Taker
  readonly #name: string
  readonly #settings: IntakeSettings
  readonly #locks: Locks
  readonly #completions: Completions
  /** Taken, and not begun. */
  readonly #waiting: Waiting
  #isStarting = false
  /** Of how many it is being said that they begin. */
  #saying = 0
  /** A job may be on its way. */
  #isTaking = false
  /** The end of the last job brought another. */
  #isFlowing = false
  /** By the clock: when the last job was asked for. */
  #asked = 0
  /** What was taken is about to be over: nothing is asked for before, so that its result is not held up by that. */
  #pause: Promise<void> | null = null
  #lastStart = 0
  /** What comes may be of its like. */
  #last: Held | null = null
  #patience: NodeJS.Timeout | null = null
  readonly #arrivals = new Arrivals()
  readonly #opening = new Map<string, ReturnType<typeof openTaken>>()
  readonly #loop: Promise<void>
  #wake: (() => void) | null = null
  #isStopped = false
  #tokens = 0

  readonly source: QueueSource

  constructor(link: Link, settings: IntakeSettings) {
    this.#link = link
    this.#settings = settings
    const { queue, recoverAfter, doorbell } = settings
    this.source = { queue, isOwn: doorbell !== null, known: () => this.#locks.jobs }
    this.#name = `${link.id}-${queue}`
    doorbell?.join(queue)
    this.#worker = new Taker(
      queue,
      {
        connection: link.redis,
        prefix: link.keys.prefix,
        autorun: false,
        // Noted with each job that it takes.
        name: link.id,
        // A job whose worker process is dead for so long is another's.
        lockDuration: recoverAfter,
        stalledInterval: recoverAfter / 2,
        // How often is too often is for each call to say: see `crashes`.
        maxStalledCount: 1_000_000,
        drainDelay: 5,
        // Its server was looked at when this process joined.
        skipVersionCheck: doorbell !== null,
      },
      doorbell === null ? null : () => doorbell.wait(queue),
      () => this.#recover(),
    )
    // BullMQ sends its command within the promises that are resolved by now: ours follows it, on the same connection.
    this.#worker.beginTake = (token) => takesOf(link).begin(this.source, token)
    this.#worker.onTake = (token) => this.#openSoon(token)
    this.#worker.mayTake = () => this.#mayTake()
    this.#worker.on('error', () => {})
    if (doorbell === null) void this.#worker.startStalledCheckTimer()
    this.#locks = new Locks(link, queue, recoverAfter, settings.tenure, (range) => {
      range.isLost = true
      this.#drop(range)
      settings.lost(range)
    })
    this.#completions = new Completions(link, queue, (range) => this.#locks.letGo(range))
    this.#waiting = new Waiting(
      (range) => this.#over(range),
      () => this.look(),
    )
    this.#loop = this.#run()
  }

  /** What a dead process had waits again. */
  async #recover(): Promise<void> {
    const { redis, keys, isJustBack } = this.#link
    const { recoverAfter } = this.#settings
    const { queue, isOwn } = this.source
    // Others were cut off, too, and may not be back. From the queue of an actor nobody else takes.
    if (!isOwn && isJustBack) return
    // Each process looks every half of that; its locks are good for two thirds of it at least.
    const most = isOwn ? 0 : 0.625 * recoverAfter
    await moveStalled(redis, `${keys.prefix}:${queue}:`, recoverAfter / 2, most)
  }

  /** What was handed to it while it waited may have taken all room: then another is woken. */
  #mayTake(): boolean {
    if (!this.#isStopped && (!this.#worker.isDrained || this.#couldUse)) return true
    const { redis, keys } = this.#link
    const { queue, doorbell } = this.#settings
    if (doorbell !== null) doorbell.ring(queue)
    else redis.zadd(`${keys.prefix}:${queue}:marker`, 0, '0').catch(() => {})
    return false
  }

  #openSoon(token: string): void {
    this.#asked = clock()
    this.#arrivals.expect(token)
    const opening = new Promise<Awaited<ReturnType<typeof openTaken>>>((resolve) =>
      process.nextTick(() => resolve(openTaken(this.#link, this.#settings.queue, token))),
    )
    opening.then(
      (opened) => {
        if (opened === null) this.#arrivals.over(token)
      },
      () => {},
    )
    this.#opening.set(token, opening)
  }

  /** Where a doorbell rings, it may have rung in vain, and nobody looks for what a dead process had: told now and then how
   * many jobs wait, and how many are under way. */
  async check(waiting: number, active: number): Promise<void> {
    if (this.#isStopped) return
    if (active > this.#locks.count) await this.checkStalled()
    else if (waiting > 0) this.#settings.doorbell?.ring(this.#settings.queue)
  }

  async checkStalled(): Promise<void> {
    await this.#recover()
    this.#settings.doorbell?.ring(this.#settings.queue)
  }

  /** Whether calls wait here for room. */
  get isBusy(): boolean {
    // After a crash it matters what is over.
    return this.#waiting.length > 0 && !this.#waiting.calls[0]!.isSuspect
  }

  /** There may be room now. */
  look(): void {
    this.#settings.roomChanged?.()
    this.#startWaiting()
    if (this.#wake === null || !this.#wantsMore) return
    this.#wake()
    this.#wake = null
  }

  get #wantsMore(): boolean {
    // What goes back may be the next: it is waited for.
    if (this.#isStopped || this.#isTaking || this.#waiting.isLeaving) return false
    return this.#couldUse
  }

  get #couldUse(): boolean {
    if (this.#waiting.length === 0)
      return this.#settings.room(1) > 0 || (this.#last !== null && this.#settings.place([this.#last]) > 0)
    // What is here is about to run out.
    if (this.#waiting.length > RUNNING_OUT || Date.now() - this.#lastStart > SOON) return false
    return this.#settings.keep(this.#waiting.calls, 0) === this.#waiting.length
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      if (!this.#wantsMore) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        continue
      }
      if (this.#pause !== null) {
        await this.#pause
        continue
      }
      const token = `${this.#name}-${++this.#tokens}`
      this.#isTaking = true
      if (this.#worker.isDrained) this.#settings.roomChanged?.()
      try {
        const job = await this.#worker.getNextJob(token)
        if (job !== undefined) await this.#taken(job, token)
      } catch {
        if (!this.#isStopped) await new Promise((resolve) => setTimeout(resolve, 200))
      } finally {
        this.#opening.delete(token)
        this.#arrivals.over(token)
        this.#isTaking = false
      }
    }
  }

  /** A job is ours. */
  async #taken(job: Job<JobData>, token: string): Promise<void> {
    const opening = this.#opening.get(token)
    this.#opening.delete(token)
    const open = () => openTaken(this.#link, this.#settings.queue, token)
    const opened = (await opening?.catch(() => null)) ?? (await open().catch(() => null))
    // Redis was away meanwhile, for longer than locks last.
    if (opened === null) return void (await takesOf(this.#link).putBackTaken(this.source, token))
    if (opened.job !== job.id) return
    // The next one is waited for at once, and not asked for in vain.
    if (opened.isLast) await this.#worker.nothingLeft()
    const calls = await this.#open(sourceOf(job), token, opened, this.#asked)
    this.#settings.roomChanged?.()
    if (this.#waiting.length === 0 && calls.length === 1 && this.#settings.isBrief(calls[0]!))
      this.#pauseFor(calls[0]!.range)
  }

  /** How many calls that are handed over could start, where so many are offered: no more than that while jobs may wait. */
  roomToOffer(offered: number): number {
    if (this.#isStopped || this.#waiting.length > 0) return 0
    const isIdle = this.#isTaking && this.#worker.isDrained
    return this.#settings.room(isIdle ? MOST_OFFERED : Math.min(offered, MOST_OFFERED))
  }

  /** A job that this process did not ask for is ours. */
  async handed({ id, size, priority, frame }: Handed, isLate: boolean): Promise<void> {
    const { redis, keys, id: process } = this.#link
    const token = process + HANDED
    const { queue } = this.#settings
    if (isLate && (await redis.get(`${keys.prefix}:${queue}:${id}:lock`)) !== token) return
    const worker = this.#worker
    let bull: Job<JobData> | null = null
    const source: Source = {
      ...{ title: '', priority, stalls: 0, isSuspect: false },
      get bull() {
        bull ??= worker.handed(id, id, size === 1 ? {} : { to: size, size }, priority)
        return bull
      },
    }
    const opened = { isLast: true, job: id, batch: id, at: 0, to: size, size, frame, state: NOTHING_KNOWN }
    // Where it is late, its lock may be over at any moment.
    const { recoverAfter } = this.#settings
    const asked = clock() - (isLate ? recoverAfter : recoverAfter / 2)
    await this.#open(source, token, opened, asked, true).catch(() => {})
  }

  /** Its calls start, or wait for room here, or go back. */
  async #open(
    source: Source,
    token: string,
    opened: Omit<Opened, 'frame'> & { readonly frame: Buffer | null },
    asked: number,
    isHanded = false,
  ): Promise<readonly Held[]> {
    const range = new Range(source, token, opened, this.#link, this.#settings.queue)
    this.#locks.add(range, asked)
    const known = this.#unlessSure()
    if (known !== null) await known
    if (range.isLost) return []
    if (this.#isStopped) {
      await this.#waiting.leave(this.#end(range, () => range.bull.moveToWait(token)))
      return []
    }
    const { frame, batch, at, to, size } = opened
    let calls: readonly WireCall[] = []
    try {
      if (frame !== null) calls = await this.#settings.read(frame, range.batch)
      else this.#settings.gone(range.batch)
    } catch (error) {
      await this.#settings.refuse(frame!, batch, [at, to, size], error as Error)
      await this.#end(range, () => this.#fail(range.bull, token, (error as Error).message))
      return []
    }
    source.title ||= calls[0]?.spec.name ?? ''
    const taken = range.calls(
      calls,
      (wire, place, crashes) => new Held(wire, place, crashes, range, this.#holder),
    )
    if (taken.length === 0) {
      await this.#over(range)
      return []
    }
    this.#waiting.add(taken)
    if (this.#isStopped) {
      this.#waiting.giveBackAll()
      return taken
    }
    const room = this.#settings.place(this.#waiting.calls)
    if (room < this.#waiting.length) {
      // Whoever hands something over takes this process for idle: what runs here may take long.
      const kept = room === 0 && isHanded ? 0 : this.#settings.keep(this.#waiting.calls, room)
      const first = this.#waiting.calls[kept]
      if (first !== undefined)
        void this.#waiting.giveBackFrom(first.range === range ? first : taken[0]!, range)
    }
    this.#startWaiting(room)
    if (this.#waiting.length > 0) this.#beginPatience()
    return taken
  }

  #pauseFor(range: Range): void {
    this.#pause ??= new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, BRIEF)
      range.onOver = () => {
        clearTimeout(timer)
        resolve()
      }
    }).then(() => {
      this.#pause = null
    })
  }

  #startWaiting(room?: number): void {
    // What a start does to the room is looked at here, and not within.
    if (this.#isStarting || this.#waiting.length === 0 || this.#isStopped || this.#mayBeLost) return
    this.#isStarting = true
    try {
      for (let known = room; ; known = undefined) {
        const count = (known ?? this.#settings.place(this.#waiting.calls)) - this.#saying
        if (count <= 0) return
        const calls = this.#waiting.take(count)
        this.#lastStart = Date.now()
        this.#last = calls.at(-1)!
        for (const call of calls) {
          const said = call.range.begin(call.place.index, this.#settings.isLastTry(call))
          if (said === null) this.#settings.start(call)
          else {
            this.#saying++
            void said.then(async (isOurs) => {
              if (!isOurs) await this.#locks.renew()
              this.#saying--
              if (this.#isStopped || !isOurs) {
                this.#waitAgain(call)
                // It may be another's, and what waits behind it is not.
                return this.look()
              }
              this.#settings.start(call)
              // One that may not run again is over by now, without having taken any room.
              this.#startWaiting()
            })
          }
        }
        if (this.#waiting.length === 0) return
      }
    } finally {
      this.#isStarting = false
    }
  }

  /** Some of what is here may be others' by now: resolves when that is known. */
  #unlessSure(): Promise<void> | null {
    const { tenure } = this.#settings
    return tenure?.term.isOver ? tenure.ask() : null
  }

  get #mayBeLost(): boolean {
    const known = this.#unlessSure()
    void known?.then(() => this.#startWaiting())
    return known !== null
  }

  #waitAgain(call: Held): void {
    const { range } = call
    // Whose it is by now.
    if (!this.#locks.has(range)) return
    this.#waiting.addFirst(call)
    if (this.#isStopped) return this.#waiting.giveBackAll(this.#unlessSure())
    this.#startWaiting()
    if (this.#waiting.length > 0) this.#beginPatience()
  }

  readonly #holder: Holder = {
    over: (range) => this.#over(range),
    waitAgain: (call) => this.#waitAgain(call),
    abandon: (range) => this.#drop(range),
  }

  #drop(range: Range): void {
    this.#locks.letGo(range)
    this.#waiting.drop(range)
  }

  /** What waits for longer goes back: one slow call holds up nobody. */
  #beginPatience(): void {
    const { patience } = this.#settings
    if (patience === null || this.#patience !== null) return
    this.#lastStart = Date.now()
    this.#patience = setInterval(() => {
      if (this.#waiting.length > 0 && Date.now() - this.#lastStart < patience) return
      clearInterval(this.#patience!)
      this.#patience = null
      this.#waiting.giveBackAll(this.#unlessSure())
    }, patience).unref()
  }

  async #over(range: Range): Promise<void> {
    range.onOver()
    const { token, failed } = range
    if (range.isGivenBack) return this.#end(range, () => range.bull.moveToWait(token))
    if (failed.length > 0) {
      const { bull } = range
      const message = failed[0]![2]
      if (range.size > 1) await bull.updateData({ ...bull.data, failed }).catch(() => {})
      return this.#end(range, () => this.#fail(bull, token, message))
    }
    // Redis is asked for the next job with the end of the last one: that saves a round trip under load.
    if (range.isLone || !this.#wantsMore) return this.#completions.add(range)
    this.#isTaking = true
    return this.#end(range, async () => {
      this.#arrivals.expect(token)
      this.#asked = clock()
      const answered = takesOf(this.#link).begin(this.source, token, range.job)
      const completing = range.bull.moveToCompleted(null as never, token, true)
      // Where the last answer brought a job, this one does, too.
      if (this.#isFlowing) this.#openSoon(token)
      try {
        const answer: unknown = await completing.finally(answered)
        const [data, id] = (Array.isArray(answer) ? answer : []) as [Next?, string?]
        if (data && id) {
          this.#isFlowing = true
          await this.#taken(loadBullMQ().Job.fromJSON(this.#worker, data, id), token)
        } else {
          this.#isFlowing = false
          await this.#worker.nothingLeft()
        }
      } finally {
        this.#opening.delete(token)
        this.#arrivals.over(token)
        this.#isTaking = false
        this.look()
      }
    })
  }

  #fail(job: Job<JobData>, token: string, message: string): Promise<unknown> {
    const { UnrecoverableError } = loadBullMQ()
    return job.moveToFailed(new UnrecoverableError(message), token, false)
  }

  /** Its lock may be another's by now: then it is not ours to move. */
  async #end(range: Range, work: () => Promise<unknown>): Promise<void> {
    this.#locks.letGo(range)
    this.#ending++
    try {
      await work()
    } catch {
      // Lost, removed, or moved already.
    }
    this.#ending--
  }

  #ending = 0

  /** All that it took is completed, or another's. */
  async idle(): Promise<void> {
    while (this.#locks.count > 0 || this.#ending > 0)
      await new Promise((resolve) => setTimeout(resolve, COMPLETED_AFTER))
  }

  /** Takes no more. */
  stop(): void {
    this.#isStopped = true
    // What is on its way here is behind what is here, and has to go back before.
    this.#waiting.giveBackAll(Promise.all([this.#arrivals.all(), this.#unlessSure()]))
    this.#wake?.()
    this.#wake = null
  }

  async close(): Promise<void> {
    this.stop()
    this.#locks.close()
    if (this.#patience !== null) clearInterval(this.#patience)
    await this.#completions.flush()
    await this.#waiting.left()
    this.#settings.doorbell?.leave(this.#settings.queue)
    await this.#worker.close(true).catch(() => {})
    await this.#loop
  }
}
