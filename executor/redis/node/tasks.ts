// Tasks that this process takes from the queues: one intake for each shape of slots that it can give.
import { type CancelOptions, type Outcome, resultId, type TaskSpec } from '../../executor.ts'
import { cancelled, type Failure, failureOf } from '../../failures.ts'
import type { LocalExecutor } from '../../local/index.ts'
import type { LocalWorker } from '../../local/workers.ts'
import { refsOf } from '../../payload.ts'
import { besideOf, dropCall } from '../call-keys.ts'
import type { Origin, RedisExecutor } from '../index.ts'
import { endActor, failCalls } from '../mailbox.ts'
import { unlinkAll } from '../unlink.ts'
import { claimsOf, decodeCalls, type WireCall } from '../wire.ts'
import { Handoffs } from './handoffs.ts'
import { Intake } from './intake.ts'
import { type Supplies, UnfitCallError } from './supplies.ts'
import type { Taken } from './taken.ts'

type ResultWire = Extract<WireCall, { kind: 'task' | 'call' }>

interface Running {
  readonly owner: string
  readonly batch: string
  readonly origin: Origin
  isSubmitted: boolean
  /** Before it began. */
  isTakenBack: boolean
  isCancelled: boolean
  work: Promise<boolean>
}

function originOf({ kind, spec: { driver, job, isKept }, owner }: ResultWire): Origin {
  return {
    driver: driver ?? owner,
    ...(job !== undefined && { job }),
    ...((isKept || kind === 'call') && { isKept: true }),
  }
}

const NOT_BEGUN = Promise.resolve(false)

/** So many cancellations of calls that are not under way here are remembered. */
const EARLY = 20_000

/** What tasks and actors' calls share: from a job to its settled results. */
export class CallRunner {
  readonly fleet: RedisExecutor
  readonly local: LocalExecutor
  readonly supplies: Supplies
  /** By id: from when their jobs are taken until they are settled. */
  readonly #running = new Map<string, Running>()
  /** Of calls that return nothing: told when they are over. */
  readonly #endings = new Map<string, () => void>()
  readonly #underWay = new Set<Promise<boolean>>()
  /** Cancelled, and not under way here: some of them were taken just before, or wait here for room. */
  readonly #cancelled = new Set<string>()
  isClosing = false
  readonly recoverAfter: number

  constructor(fleet: RedisExecutor, local: LocalExecutor, supplies: Supplies, recoverAfter: number) {
    this.recoverAfter = recoverAfter
    this.fleet = fleet
    this.local = local
    this.supplies = supplies
  }

  ended(call: string): void {
    this.#endings.get(call)?.()
    this.#endings.delete(call)
  }

  /** All that is under way has ended. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }

  get count(): number {
    return this.#underWay.size
  }

  /** Until its results are stored; false if it was taken back. `ended` is called as soon as it does not run any more. */
  run(job: Taken, wire: ResultWire, submit: () => void, ended: () => void): Promise<boolean> {
    const running: Running = {
      ...{ owner: wire.owner, batch: job.place.batch, origin: originOf(wire) },
      ...{ isSubmitted: false, isTakenBack: false, isCancelled: false, work: NOT_BEGUN },
    }
    this.#running.set(job.id, running)
    const work = this.#run(job, wire, submit, ended)
    this.#underWay.add(work)
    running.work = work.finally(() => {
      this.#underWay.delete(work)
      this.#running.delete(job.id)
    })
    return running.work
  }

  isUnderWay(call: string): boolean {
    return this.#running.has(call)
  }

  /**
   * A call that is under way here already: its job was another's for a moment, as this process was cut off or had to wait
   * for its turn, and came back. It is over when that is; false if it is to run after all.
   */
  async joins(job: Taken): Promise<boolean> {
    const isOver = await this.#running.get(job.id)?.work.catch(() => false)
    if (isOver !== true) return false
    await (this.isClosing ? job.giveBack() : job.complete())
    return true
  }

  takenBack(id: string): boolean {
    const running = this.#running.get(id)
    if (running !== undefined) running.isTakenBack = true
    return running !== undefined
  }

  cancel(id: string, { force }: CancelOptions): void {
    const running = this.#running.get(id)
    if (running === undefined) {
      this.#cancelled.add(id)
      if (this.#cancelled.size > EARLY) this.#cancelled.delete(this.#cancelled.values().next().value!)
      return
    }
    running.isCancelled = true
    if (running.isSubmitted) this.local.cancel(id, { force, recursive: false })
  }

  originOf(call: string): Origin | null {
    return this.#running.get(call)?.origin ?? null
  }

  owners(): Set<string> {
    return new Set([...this.#running.values()].map(({ owner }) => owner))
  }

  batchesOf(driver: string): Set<string> {
    return new Set(
      [...this.#running.values()].flatMap(({ owner, batch }) => (owner === driver ? [batch] : [])),
    )
  }

  callsOf(driver: string): string[] {
    return [...this.#running].flatMap(([id, { owner }]) => (owner === driver ? [id] : []))
  }

  /** Whom the calls are for that a worker thread runs. */
  driverOf(worker: LocalWorker): string | null {
    for (const id of worker.calls.keys()) {
      const running = this.#running.get(id)
      if (running !== undefined) return running.origin.driver
    }
    return null
  }

  async #run(job: Taken, wire: ResultWire, submit: () => void, ended: () => void): Promise<boolean> {
    const { spec, owner } = wire
    if (this.#cancelled.delete(spec.id)) {
      await this.fail(job, wire, cancelled(spec.name, spec.id))
      return true
    }
    let held: readonly string[] = []
    if (!this.#hasAll(wire)) {
      try {
        if (wire.kind === 'task') await this.supplies.functionsOf(wire.spec, owner)
        if (spec.retryOn !== null) await this.supplies.function(spec.retryOn, owner)
        held = await this.supplies.arguments(spec.deps)
      } catch (error) {
        await this.fail(
          job,
          wire,
          error instanceof UnfitCallError
            ? error.failure
            : failureOf('error', `${spec.name} can't be read: ${(error as Error).message}`),
        )
        return true
      }
    }
    const outcomes = await this.#outcomes(job, wire, submit, held)
    ended()
    const running = this.#running.get(job.id)
    if (running?.isTakenBack) {
      if (running.isCancelled) this.#cancelled.add(job.id)
      return false
    }
    // Ended by the end of this process: another is to run it.
    if (this.isClosing && outcomes.some((each) => !each.ok && each.failure.kind === 'shutdown'))
      await job.giveBack()
    else await this.#settle(job, owner, outcomes)
    return true
  }

  #hasAll({ kind, spec }: ResultWire): boolean {
    return (
      spec.deps.length === 0 &&
      spec.retryOn === null &&
      (kind === 'call' || this.supplies.hasAllOf(spec as TaskSpec))
    )
  }

  #outcomes(
    job: Taken,
    { spec }: ResultWire,
    submit: () => void,
    held: readonly string[],
  ): Promise<readonly Outcome[]> {
    const { numReturns } = spec.options
    const { store } = this.local
    return new Promise((resolve) => {
      if (numReturns === 0) this.#endings.set(spec.id, () => resolve([]))
      submit()
      this.supplies.letGo(held)
      const running = this.#running.get(job.id)
      if (running !== undefined) {
        running.isSubmitted = true
        if (running.isCancelled) this.local.cancel(spec.id, { force: true, recursive: false })
      }
      const outcomes: Outcome[] = []
      let missing = numReturns
      for (let i = 0; i < numReturns; i++) {
        const id = resultId(spec.id, i)
        store.hold(id)
        store.whenSettled(id, (outcome) => {
          outcomes[i] = outcome
          if (--missing > 0) return
          resolve(outcomes)
          for (let each = 0; each < numReturns; each++) store.release(resultId(spec.id, each))
        })
      }
    })
  }

  async #settle(job: Taken, owner: string, outcomes: readonly Outcome[]): Promise<void> {
    for (const outcome of outcomes) {
      // Whoever gets the value has these refs; from now on only their time ends them.
      if (outcome.ok) this.fleet.objects.share(refsOf(outcome.value))
    }
    const { link } = this.fleet
    const { wire, place } = job
    // Who submitted it is gone, as a rule: nobody else drops its arguments.
    const isSubmitted = wire.kind === 'task' && wire.spec.job === wire.spec.id
    const beside = isSubmitted ? await besideOf(link, place.batch) : []
    const stored = link.settler.settle(job.id, place, owner, outcomes)
    job.stores(stored)
    await stored
    if (beside.length > 0) await unlinkAll(link.redis, beside)
    const failed = outcomes.find((outcome) => !outcome.ok)
    if (failed === undefined || failed.ok) await job.complete()
    else await job.fail(failed.failure.message)
  }

  /** Not signed as they have to be, or damaged: nothing of them was run. Whoever claims to have made them is told. */
  async refuse(
    frame: Buffer,
    batch: string,
    range: readonly [at: number, to: number, size: number],
    error: Error,
  ): Promise<void> {
    const { link, queues } = this.fleet
    const message = `the worker refuses call ${batch}: ${error.message}`
    if (claimsOf(frame)?.kind === 'actor')
      await endActor(link, queues, batch, failureOf('actor-died', message))
    else await failCalls(link, frame, batch, range, failureOf('error', message))
  }

  async fail(job: Taken, { spec, owner }: ResultWire, failure: Failure): Promise<void> {
    const outcome: Outcome = { ok: false, failure }
    await this.#settle(
      job,
      owner,
      Array.from({ length: spec.options.numReturns }, () => outcome),
    )
  }
}

function crashed({ crashes }: Taken, { name, id }: TaskSpec): Failure {
  const message = `the worker process ended while it ran task ${name} (${id}), ${crashes} times`
  return { kind: 'crashed', message, exitCode: null }
}

type Amounts = Readonly<Record<string, number>>

/** Milliseconds: a call that will wait no longer than that here is not worth giving back. */
const SOON = 5
const BRIEF = 1
/** None takes less: it has to be sent there and back. */
const SHORTEST = 0.05
/** A call that runs for longer than that is no brief one. */
const LASTING = 2
/** One that has waited so long is given back all the same. */
const PATIENCE = 50

export class TaskIntakes {
  readonly #runner: CallRunner
  readonly #lost: (id: string) => void
  readonly #startActor: (job: Taken, wire: Extract<WireCall, { kind: 'actor' }>) => Promise<void>
  readonly #total: Amounts
  readonly #intakes = new Map<string, Intake>()
  readonly #handoffs: Handoffs
  /** Of jobs that were taken and are not placed yet. */
  readonly #reserved: Record<string, number> = {}
  #reservedCount = 0

  constructor(
    runner: CallRunner,
    total: Amounts,
    startActor: (job: Taken, wire: Extract<WireCall, { kind: 'actor' }>) => Promise<void>,
    lost: (id: string) => void,
  ) {
    this.#runner = runner
    this.#total = total
    this.#startActor = startActor
    this.#lost = lost
    this.#handoffs = new Handoffs(runner.fleet.link, runner.recoverAfter, (handed, isLate) => {
      void this.#intakes.get(handed.queue)?.handed(handed, isLate)
    })
  }

  /** Takes calls of a shape from now on, if this process can ever run one. */
  add(shape: string, resources: Amounts): void {
    const runner = this.#runner
    if (this.#intakes.has(shape) || runner.isClosing) return
    for (const name in resources) if (resources[name]! > (this.#total[name] ?? 0)) return
    const { link, queues } = runner.fleet
    const slots = Math.min(...Object.keys(resources).map((name) => this.#total[name]! / resources[name]!))
    const intake = new Intake(link, queues, {
      queue: shape,
      recoverAfter: runner.recoverAfter,
      room: (most) => this.#room(resources, most),
      place: (calls) => this.#place(calls, resources),
      read: (frame, batch) => decodeCalls(frame, batch, link),
      start: (call) => this.#start(call, resources),
      refuse: (frame, batch, range, error) => runner.refuse(frame, batch, range, error),
      keep: (calls, room) => this.#worthKeeping(calls, room, slots),
      isBrief: ({ wire }) => wire.kind === 'task' && runner.local.durationOf(wire.spec.fn) < BRIEF,
      patience: PATIENCE,
      lost: this.#lost,
      roomChanged: () => this.#handoffs.look(shape),
    })
    this.#intakes.set(shape, intake)
    this.#handoffs.add(shape, (offered) => intake.roomToOffer(offered))
  }

  /** How many more calls that need so much could start now. */
  #room(wanted: Amounts, most: number): number {
    let count = 0
    for (const sum: Record<string, number> = { ...this.#reserved }; count < most; count++) {
      for (const name in wanted) sum[name] = (sum[name] ?? 0) + wanted[name]!
      if (!this.#runner.local.hasRoomFor(sum)) break
    }
    return count
  }

  /** Those that a slot is free for, and brief ones that can be sent ahead. */
  #place(calls: readonly Taken[], resources: Amounts): number {
    const { local } = this.#runner
    let count = Math.min(this.#room(resources, calls.length), calls.length)
    let fn: string | null = null
    for (let room = 0; count < calls.length; count++, room--) {
      const { wire, isSuspect } = calls[count]!
      if (wire.kind !== 'task' || isSuspect) break
      if (wire.spec.fn !== fn) {
        fn = wire.spec.fn
        room = local.roomAhead(wire.spec)
      }
      if (room <= 0) break
    }
    return count
  }

  /** Short ones have run before another worker could have them. */
  #worthKeeping(calls: readonly Taken[], room: number, slots: number): number {
    const runner = this.#runner
    let kept = room
    for (let wait = 0; kept < calls.length; kept++) {
      const { wire } = calls[kept]!
      const took = wire.kind === 'task' ? runner.local.durationOf(wire.spec.fn) : Number.POSITIVE_INFINITY
      if ((wait += Math.max(took, SHORTEST) / slots) > SOON) break
    }
    return kept
  }

  /** Whether calls wait here for room, or for the one before them. */
  get isBusy(): boolean {
    if (this.#runner.local.isAhead) return true
    for (const intake of this.#intakes.values()) if (intake.isBusy) return true
    return false
  }

  #reserve(amounts: Amounts, sign: 1 | -1): void {
    this.#reservedCount += sign
    for (const name in amounts) this.#reserved[name] = (this.#reserved[name] ?? 0) + sign * amounts[name]!
  }

  look(): void {
    for (const intake of this.#intakes.values()) intake.look()
  }

  #looking: NodeJS.Timeout | null = null

  /** What lasts leaves less room for calls of other shapes. */
  #lookSoon(): void {
    if (this.#intakes.size === 1) return
    this.#looking ??= setTimeout(() => {
      this.#looking = null
      for (const shape of this.#intakes.keys()) this.#handoffs.look(shape)
    }, LASTING).unref()
  }

  async #start(job: Taken, resources: Amounts): Promise<boolean> {
    const runner = this.#runner
    const { wire } = job
    while (runner.isUnderWay(job.id)) if (await runner.joins(job)) return true
    let isReserved = true
    this.#reserve(resources, 1)
    this.#lookSoon()
    const placed = () => {
      if (!isReserved) return
      isReserved = false
      this.#reserve(resources, -1)
    }
    try {
      if (wire.kind === 'actor') {
        placed()
        await this.#startActor(job, wire)
        return true
      }
      if (wire.kind !== 'task') {
        await job.complete()
        return true
      }
      const { spec, owner } = wire
      if (!runner.fleet.wasAlive(owner) && !(await runner.fleet.isDriverAlive(owner))) {
        await dropCall(runner.fleet.link, job.place.batch)
        await job.complete()
        return true
      }
      const { maxRetries } = spec.options
      if (maxRetries >= 0 && job.crashes > maxRetries) {
        await runner.fail(job, wire, crashed(job, spec))
        return true
      }
      return await runner.run(
        job,
        wire,
        () => {
          placed()
          runner.local.submit({ ...spec, tries: job.crashes })
        },
        () => {},
      )
    } finally {
      placed()
      this.look()
    }
  }

  /** Takes no more; nothing more is handed over when it resolves. */
  async stop(): Promise<void> {
    for (const intake of this.#intakes.values()) intake.stop()
    await this.#handoffs.close()
  }

  async close(): Promise<void> {
    if (this.#looking !== null) clearTimeout(this.#looking)
    await Promise.all([...this.#intakes.values()].map((intake) => intake.close()))
  }
}
