// Tasks that this process takes from the queues: one intake for each shape of slots that it can give.
import { type CancelOptions, type Outcome, resultId, type TaskSpec } from '../../executor.ts'
import { type Failure, failureOf } from '../../failures.ts'
import type { LocalExecutor } from '../../local/index.ts'
import type { LocalWorker } from '../../local/workers.ts'
import { refsOf } from '../../payload.ts'
import type { RedisExecutor } from '../index.ts'
import { endActor } from '../mailbox.ts'
import { settleCall } from '../settle.ts'
import type { WireCall } from '../wire.ts'
import { Intake, type Taken } from './intake.ts'
import { RefusedCallError, type Supplies, UnfitCallError } from './supplies.ts'

type ResultWire = Extract<WireCall, { kind: 'task' | 'call' }>

interface Running {
  readonly owner: string
  isSubmitted: boolean
  isCancelled: boolean
}

/** What tasks and actors' calls share: from a job to its settled results. */
export class CallRunner {
  readonly fleet: RedisExecutor
  readonly local: LocalExecutor
  readonly supplies: Supplies
  /** By id: from when their jobs are taken until they are settled. */
  readonly #running = new Map<string, Running>()
  /** Of calls that return nothing: told when they are over. */
  readonly #endings = new Map<string, () => void>()
  readonly #underWay = new Set<Promise<void>>()
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

  run(job: Taken, wire: ResultWire, submit: () => void): Promise<void> {
    this.#running.set(job.id, { owner: wire.owner, isSubmitted: false, isCancelled: false })
    const work = this.#run(job, wire, submit)
    this.#underWay.add(work)
    return work.finally(() => {
      this.#underWay.delete(work)
      this.#running.delete(job.id)
    })
  }

  cancel(id: string, { force }: CancelOptions): void {
    const running = this.#running.get(id)
    if (running === undefined) return
    running.isCancelled = true
    if (running.isSubmitted) this.local.cancel(id, { force, recursive: false })
  }

  owners(): Set<string> {
    return new Set([...this.#running.values()].map(({ owner }) => owner))
  }

  callsOf(driver: string): string[] {
    return [...this.#running].flatMap(([id, { owner }]) => (owner === driver ? [id] : []))
  }

  /** Whose calls a worker thread runs. */
  ownerOf(worker: LocalWorker): string | null {
    for (const id of worker.calls.keys()) {
      const running = this.#running.get(id)
      if (running !== undefined) return running.owner
    }
    return null
  }

  async #run(job: Taken, wire: ResultWire, submit: () => void): Promise<void> {
    const { spec, owner } = wire
    const { numReturns } = spec.options
    let held: readonly string[]
    try {
      if (wire.kind === 'task') await this.supplies.function(wire.spec.fn, owner)
      if (spec.retryOn !== null) await this.supplies.function(spec.retryOn, owner)
      held = await this.supplies.arguments(spec.deps)
    } catch (error) {
      return this.fail(
        job,
        wire,
        error instanceof UnfitCallError
          ? error.failure
          : failureOf('error', `${spec.name} can't be read: ${(error as Error).message}`),
      )
    }
    const ending = numReturns > 0 ? null : new Promise<void>((resolve) => this.#endings.set(spec.id, resolve))
    submit()
    this.supplies.letGo(held)
    const running = this.#running.get(spec.id)
    if (running !== undefined) {
      running.isSubmitted = true
      if (running.isCancelled) this.local.cancel(spec.id, { force: true, recursive: false })
    }
    await ending
    const results = Array.from({ length: numReturns }, (_, i) => resultId(spec.id, i))
    for (const id of results) this.local.hold(id)
    const outcomes = await Promise.all(results.map((id) => this.local.outcome(id)))
    for (const id of results) this.local.release(id)
    // Ended by the end of this process: another is to run it.
    if (this.isClosing && outcomes.some((each) => !each.ok && each.failure.kind === 'shutdown'))
      return job.giveBack()
    await this.#settle(job, owner, outcomes)
  }

  async #settle(job: Taken, owner: string, outcomes: readonly Outcome[]): Promise<void> {
    for (const outcome of outcomes) {
      // Whoever gets the value has these refs; from now on only their time ends them.
      if (outcome.ok) this.fleet.objects.share(refsOf(outcome.value))
    }
    await settleCall(this.fleet.link, job.id, owner, outcomes)
    const failed = outcomes.find((outcome) => !outcome.ok)
    if (failed === undefined || failed.ok) await job.complete()
    else await job.fail(failed.failure.message)
  }

  /** Whoever claims to have made it is told. */
  async refuse(job: Taken, { message, claims }: RefusedCallError): Promise<void> {
    const failure: Outcome = { ok: false, failure: failureOf('error', message) }
    if (claims === null) return job.fail(message)
    if (claims.kind === 'actor')
      await endActor(this.fleet.link, this.fleet.queues, job.id, failureOf('actor-died', message))
    await this.#settle(
      job,
      claims.owner,
      Array.from({ length: claims.numReturns }, () => failure),
    )
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

export class TaskIntakes {
  readonly #runner: CallRunner
  readonly #lost: (id: string) => void
  readonly #startActor: (job: Taken, wire: Extract<WireCall, { kind: 'actor' }>) => Promise<void>
  readonly #total: Amounts
  readonly #intakes = new Map<string, Intake>()
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
  }

  /** Takes calls of a shape from now on, if this process can ever run one. */
  add(shape: string, resources: Amounts): void {
    if (this.#intakes.has(shape) || this.#runner.isClosing) return
    for (const name in resources) if (resources[name]! > (this.#total[name] ?? 0)) return
    const intake = new Intake(
      this.#runner.fleet.link,
      shape,
      () => this.#hasRoomFor(resources),
      (job) => this.#take(job, resources),
      this.#lost,
      this.#runner.recoverAfter,
    )
    this.#intakes.set(shape, intake)
  }

  #hasRoomFor(wanted: Amounts): boolean {
    if (this.#reservedCount === 0) return this.#runner.local.hasRoomFor(wanted)
    const sum: Record<string, number> = { ...this.#reserved }
    for (const name in wanted) sum[name] = (sum[name] ?? 0) + wanted[name]!
    return this.#runner.local.hasRoomFor(sum)
  }

  #reserve(amounts: Amounts, sign: 1 | -1): void {
    this.#reservedCount += sign
    for (const name in amounts) this.#reserved[name] = (this.#reserved[name] ?? 0) + sign * amounts[name]!
  }

  look(): void {
    for (const intake of this.#intakes.values()) intake.look()
  }

  async #take(job: Taken, resources: Amounts): Promise<void> {
    const runner = this.#runner
    let isReserved = true
    this.#reserve(resources, 1)
    const placed = () => {
      if (!isReserved) return
      isReserved = false
      this.#reserve(resources, -1)
    }
    try {
      const wire = await runner.supplies.call(job.id)
      if (wire === null) return await job.complete()
      if (wire.kind === 'actor') {
        placed()
        return await this.#startActor(job, wire)
      }
      if (wire.kind !== 'task') return await job.complete()
      const { spec, owner } = wire
      if (!(await runner.fleet.isDriverAlive(owner))) {
        await runner.fleet.link.redis.unlink(runner.fleet.link.keys.call(job.id))
        return await job.complete()
      }
      const { maxRetries } = spec.options
      if (maxRetries >= 0 && job.crashes > maxRetries) return await runner.fail(job, wire, crashed(job, spec))
      await runner.run(job, wire, () => {
        placed()
        runner.local.submit({ ...spec, tries: job.crashes })
      })
    } catch (error) {
      if (!(error instanceof RefusedCallError)) throw error
      await runner.refuse(job, error)
    } finally {
      placed()
      this.look()
    }
  }

  stop(): void {
    for (const intake of this.#intakes.values()) intake.stop()
  }

  async close(): Promise<void> {
    await Promise.all([...this.#intakes.values()].map((intake) => intake.close()))
  }
}
