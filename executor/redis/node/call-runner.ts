// What tasks and actors' calls share: from a job that was taken to its settled results. Most calls need nothing that is not
// here already, and thousands come in a second: those go their way without a promise each.
import type { CancelOptions, Outcome } from '../../executor.ts'
import { cancelled, type Failure, failureOf } from '../../failures.ts'
import type { CallSink } from '../../local/calls.ts'
import type { LocalExecutor } from '../../local/index.ts'
import type { LocalWorker } from '../../local/workers.ts'
import { refsOf } from '../../payload.ts'
import { besideOf, dropCall } from '../call-keys.ts'
import type { Origin, RedisExecutor } from '../index.ts'
import { endActor, failCalls } from '../mailbox.ts'
import { refusesForNow } from '../refusals.ts'
import { unlinkAll } from '../unlink.ts'
import { claimsOf, placeAlone, type WireCall } from '../wire.ts'
import type { Range } from './range.ts'
import { freeAll } from './spent.ts'
import { type Supplies, UnfitCallError } from './supplies.ts'
import type { Taken } from './taken.ts'

export type ResultWire = Extract<WireCall, { kind: 'task' | 'call' }>

/** So many cancellations of calls that are not under way here are remembered. */
const EARLY = 20_000

export interface Start {
  /** Hands the call to the executor of this process. */
  submit(sink: CallSink): void
  /** Told once: as soon as it does not run any more, or will not. */
  ended(): void
  /** The actor that runs it, if that may keep what it makes for longer than the driver lives that it is for. */
  readonly keeper: string | null
}

/** A call from when it is started until it is settled. */
class Running implements CallSink {
  readonly job: Taken
  readonly wire: ResultWire
  readonly start: Start
  readonly #settled: (running: Running, outcomes: readonly Outcome[]) => void
  isSubmitted = false
  /** Before it began. */
  isTakenBack = false
  isCancelled = false
  /** What becomes of it here is nobody's. */
  isAbandoned = false
  /** The executor of this process ended before it did. */
  isCutOff = false
  /** Its code runs no more. */
  isOver = false
  onOver: (() => void) | null = null
  /** Told at its end whether it is over; false: it was taken back, or its results could not be stored. */
  waiters: ((isOver: boolean) => void)[] | null = null

  constructor(
    job: Taken,
    wire: ResultWire,
    start: Start,
    settled: (running: Running, outcomes: readonly Outcome[]) => void,
  ) {
    this.job = job
    this.wire = wire
    this.start = start
    this.#settled = settled
  }

  settled(outcomes: readonly Outcome[], failure: Failure | null): void {
    this.isCutOff = failure?.kind === 'shutdown'
    if (outcomes.length > 0) this.#settled(this, outcomes)
  }

  over(): void {
    this.isOver = true
    if (this.wire.spec.options.numReturns === 0) this.#settled(this, NO_OUTCOMES)
    this.onOver?.()
  }

  get origin(): Origin {
    const { spec, owner } = this.wire
    const { driver, job } = spec
    const keptBy = this.start.keeper ?? spec.keptBy
    return {
      driver: driver ?? owner,
      ...(job !== undefined && { job }),
      ...(keptBy !== undefined && { keptBy }),
    }
  }
}

const NO_OUTCOMES: readonly Outcome[] = []

/** Milliseconds between tries to store results in a Redis that takes none just now. */
const FIRST_WAIT = 100
const LONGEST_WAIT = 2_000

export class CallRunner {
  readonly fleet: RedisExecutor
  readonly local: LocalExecutor
  readonly supplies: Supplies
  /** By id: from when their jobs are taken until they are settled. */
  readonly #running = new Map<string, Running>()
  /** By id: what they make is for whom they were, too, though they are settled: cancelled, and not over. */
  readonly #goingOn = new Map<string, Running>()
  /** Cancelled, and not under way here: some of them were taken just before, or wait here for room. */
  readonly #cancelled = new Set<string>()
  #idle: (() => void)[] = []
  isClosing = false
  readonly recoverAfter: number

  constructor(fleet: RedisExecutor, local: LocalExecutor, supplies: Supplies, recoverAfter: number) {
    this.recoverAfter = recoverAfter
    this.fleet = fleet
    this.local = local
    this.supplies = supplies
  }

  /** All that is under way has ended. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  /** Until its results are stored, of which the job is told. */
  run(job: Taken, wire: ResultWire, start: Start): void {
    if (this.#cancelled.delete(job.id)) {
      start.ended()
      return this.fail(job, wire, cancelled(wire.spec.name, job.id))
    }
    const running = new Running(job, wire, start, this.#settled)
    this.#running.set(job.id, running)
    if (this.hasAllFor(wire)) this.#submit(running)
    else void this.#supply(running)
  }

  /** Whether there is nothing to fetch before it begins. */
  hasAllFor({ spec }: ResultWire): boolean {
    return spec.deps.length === 0 && this.supplies.hasFunctionsOf(spec)
  }

  async #supply(running: Running): Promise<void> {
    const { supplies } = this
    const { wire, job, start } = running
    const { spec, owner } = wire
    let held: readonly string[]
    try {
      held = await supplies.bring(spec, owner)
    } catch (error) {
      if (running.isAbandoned) return
      const failure =
        error instanceof UnfitCallError
          ? error.failure
          : failureOf('error', `${spec.name} can't be read: ${(error as Error).message}`)
      start.ended()
      return this.#store(job, wire, failuresOf(wire, failure), running)
    }
    if (!running.isAbandoned) this.#submit(running)
    supplies.letGo(held)
  }

  #submit(running: Running): void {
    running.start.submit(running)
    running.isSubmitted = true
    if (running.isCancelled) this.local.cancel(running.job.id, { force: true, recursive: false })
  }

  readonly #settled = (running: Running, outcomes: readonly Outcome[]): void => {
    const { job, wire, start } = running
    if (running.isAbandoned) return
    start.ended()
    if (running.isTakenBack) {
      if (running.isCancelled) this.#cancelled.add(job.id)
      this.#finish(running, false)
      return job.waitAgain()
    }
    if (!this.isClosing || !running.isCutOff) return this.#store(job, wire, outcomes, running)
    if (!this.#mayRunAgain(running))
      return this.#store(job, wire, failuresOf(wire, stopped(running)), running)
    // Another process is to run it.
    this.#finishAfter(running, job.giveBack())
  }

  /** For a call of an actor, that is as its actor has it. */
  #mayRunAgain({ job, wire }: Running): boolean {
    return wire.kind !== 'task' || wire.spec.options.maxRetries !== 0 || !this.local.hasBegun(job.id)
  }

  /** The outcomes, for who made the call; then it is over. */
  #store(job: Taken, wire: ResultWire, outcomes: readonly Outcome[], running: Running | null): void {
    // Whoever gets a value has the refs in it; from now on only their time ends them.
    for (const outcome of outcomes) this.fleet.objects.share(refsIn(outcome))
    const stored = job.stores()
    const notStored = () => {
      stored?.()
      if (running !== null) this.#finish(running, false)
      job.abandon()
    }
    const settle = (dropArguments: () => Promise<unknown> | null, wait = FIRST_WAIT) =>
      this.fleet.link.settler.settle(
        { call: job.id, place: job.place, owner: wire.owner, outcomes },
        () => {
          stored?.()
          freeAll(outcomes)
          this.#finishAfter(running, endJob(job, outcomes, dropArguments()))
        },
        (error) => {
          // To run it again would make the same, and count as a crash.
          if (!refusesForNow(error) || this.isClosing) return notStored()
          setTimeout(() => settle(dropArguments, Math.min(2 * wait, LONGEST_WAIT)), wait).unref()
        },
      )
    if (wire.kind !== 'task' || wire.spec.job !== wire.spec.id) return settle(NOTHING_TO_DROP)
    // Who submitted it is gone, as a rule: nobody else drops its arguments.
    const { link } = this.fleet
    besideOf(link, job.place.batch).then(
      (beside) =>
        settle(() => {
          // As if its driver ended now: nobody waits for what it has started and left.
          void link.tellAll({ kind: 'job-over', driver: wire.owner })
          return beside.length > 0 ? unlinkAll(link.redis, beside) : null
        }),
      notStored,
    )
  }

  #finishAfter(running: Running | null, completing: Promise<void> | null): void {
    if (running === null) return
    if (completing === null) return this.#finish(running, true)
    const finish = () => this.#finish(running, true)
    completing.then(finish, finish)
  }

  #finish(running: Running, isOver: boolean): void {
    const { id } = running.job
    this.#running.delete(id)
    if (running.isSubmitted && !running.isOver) {
      this.#goingOn.set(id, running)
      running.onOver = () => {
        if (this.#goingOn.get(id) === running) this.#goingOn.delete(id)
      }
    }
    if (running.waiters !== null) for (const waiter of running.waiters) waiter(isOver)
    if (this.#running.size > 0) return
    const idle = this.#idle
    if (idle.length === 0) return
    this.#idle = []
    for (const resolve of idle) resolve()
  }

  /** Without running it. */
  fail(job: Taken, wire: ResultWire, failure: Failure): void {
    this.#store(job, wire, failuresOf(wire, failure), null)
  }

  isUnderWay(call: string): boolean {
    return this.#running.has(call)
  }

  /**
   * A call that is under way here already: its job was another's for a moment, as this process was cut off or had to wait
   * for its turn, and came back. It is over when that is; false if it is to run after all.
   */
  async joins(job: Taken): Promise<boolean> {
    const running = this.#running.get(job.id)
    if (running === undefined) return false
    const isOver = await new Promise<boolean>((resolve) => {
      running.waiters ??= []
      running.waiters.push(resolve)
    })
    if (!isOver) return false
    await (this.isClosing ? job.giveBack() : job.complete())
    return true
  }

  /** Its job is another's: nothing is stored of how it ends here. */
  abandon(id: string): void {
    const running = this.#running.get(id)
    if (running === undefined) return
    running.isAbandoned = true
    running.start.ended()
    this.#finish(running, false)
    running.job.abandon()
  }

  /** The job is another's: what has not begun of it here does not. */
  withdraw(range: Range): void {
    for (const running of [...this.#running.values()]) {
      if (running.job.range !== range) continue
      // It may be told of its end at once.
      running.isAbandoned = true
      if (running.isSubmitted && !this.local.withdraw(running.job.id)) {
        running.isAbandoned = false
        continue
      }
      running.start.ended()
      this.#finish(running, false)
    }
  }

  takenBack(id: string): boolean {
    const running = this.#running.get(id)
    if (running !== undefined) running.isTakenBack = true
    return running !== undefined
  }

  cancel(id: string, options: CancelOptions): void {
    const { force } = options
    const running = this.#running.get(id)
    if (running === undefined) {
      // It may have been cancelled, and run on.
      if (force) this.local.cancel(id, options)
      this.#cancelled.add(id)
      if (this.#cancelled.size > EARLY) this.#cancelled.delete(this.#cancelled.values().next().value!)
      return
    }
    running.isCancelled = true
    if (running.isSubmitted) this.local.cancel(id, { force, recursive: false })
  }

  originOf(call: string): Origin | null {
    return (this.#running.get(call) ?? this.#goingOn.get(call))?.origin ?? null
  }

  owners(): Set<string> {
    const owners = new Set([...this.#running.values()].map(({ wire }) => wire.owner))
    for (const { origin } of this.#goingOn.values()) owners.add(origin.driver)
    return owners
  }

  batchesOf(driver: string): Set<string> {
    return new Set(
      [...this.#running.values()].flatMap(({ wire, job }) =>
        wire.owner === driver ? [job.place.batch] : [],
      ),
    )
  }

  callsOf(driver: string): string[] {
    return [...this.#running].flatMap(([id, { wire }]) => (wire.owner === driver ? [id] : []))
  }

  /** Cancelled, or taking too long: who waits for others' calls has cancelled them, and knows nothing of them any more. */
  goingOnFor(driver: string): string[] {
    return [...this.#goingOn].flatMap(([id, { origin }]) => (origin.driver === driver ? [id] : []))
  }

  /** Whom the calls are for that a worker thread runs. */
  driverOf(worker: LocalWorker): string | null {
    for (const id of worker.calls.keys()) {
      const running = this.#running.get(id)
      if (running !== undefined) return running.origin.driver
    }
    return null
  }

  /** Not signed as they have to be, or damaged: nothing of them was run. Whoever claims to have made them is told. */
  async refuse(
    frame: Buffer,
    batch: string,
    range: readonly [at: number, to: number, size: number],
    error: Error,
  ): Promise<void> {
    const { link } = this.fleet
    const message = `the worker refuses call ${batch}: ${error.message}`
    const claims = claimsOf(frame)
    const isActor = claims?.kind === 'actor' && (await link.redis.exists(link.keys.actor(batch))) === 1
    if (isActor) await endActor(link, batch, failureOf('actor-died', message))
    else if (claims !== null && claims.kind !== 'actor')
      await failCalls(link, frame, batch, range, failureOf('error', message))
    else await this.#refuseUnknown(batch, range[2], failureOf('error', message))
  }

  /** Nothing says who made it: that finds the result, or of a batch of several that there is nothing any more. */
  async #refuseUnknown(batch: string, size: number, failure: Failure): Promise<void> {
    const { link } = this.fleet
    await dropCall(link, batch)
    if (size > 1) return
    const outcomes: readonly Outcome[] = [{ ok: false, failure }]
    await link.settler.settled({ call: batch, place: placeAlone(batch), owner: '', outcomes })
  }
}

const NOTHING_TO_DROP = () => null

/** An error may have some, too. */
function refsIn(outcome: Outcome): readonly string[] {
  const packed = outcome.ok ? outcome.value : outcome.failure.thrown
  return packed === undefined ? [] : refsOf(packed)
}

/** A job whose call has its results stored, after what else there is to do. */
function endJob(
  job: Taken,
  outcomes: readonly Outcome[],
  first: Promise<unknown> | null,
): Promise<void> | null {
  const end = () => {
    const failed = outcomes.find((outcome) => !outcome.ok)
    return failed === undefined || failed.ok ? job.complete() : job.fail(failed.failure.message)
  }
  return first === null ? end() : first.catch(() => {}).then(() => end() ?? undefined)
}

function stopped({ job, wire }: Running): Failure {
  const message = `the worker process that task ${wire.spec.name} (${job.id}) had begun in was stopped (by SIGTERM or SIGINT), and it did not end in time; with maxRetries 0 it is not run again`
  return { kind: 'crashed', message, exitCode: null }
}

function failuresOf({ spec }: ResultWire, failure: Failure): readonly Outcome[] {
  return Array.from({ length: spec.options.numReturns }, (): Outcome => ({ ok: false, failure }))
}
