// Tasks, and starts of actors, that this process takes from the queues: one intake for each shape of slots that it can give.
import type { TaskSpec } from '../../executor.ts'
import { type Failure, failureOf } from '../../failures.ts'
import { dropCall } from '../call-keys.ts'
import type { Link } from '../link.ts'
import { endActor } from '../mailbox.ts'
import { readShape } from '../shapes.ts'
import { decodeCalls, type WireCall } from '../wire.ts'
import type { CallRunner } from './call-runner.ts'
import { Handoffs } from './handoffs.ts'
import { Intake } from './intake.ts'
import type { OwnWorkers } from './own-workers.ts'
import { isSpent, type Taken } from './taken.ts'
import { takesOf } from './takes.ts'
import type { Tenure } from './tenure.ts'

/** An actor whose start has waited for longer than its call lives: nobody else would say so. */
async function endIfGone(link: Link, batch: string): Promise<void> {
  const state = await link.redis.hget(link.keys.actor(batch), 'state')
  if (state === null || state === 'dead') return
  const message = `actor ${batch} can't start: what it needs is not in Redis any more. Its driver has left, and it waited for a day`
  await endActor(link, batch, failureOf('actor-died', message))
}

type TaskWire = Extract<WireCall, { kind: 'task' }>
type ActorWire = Extract<WireCall, { kind: 'actor' }>

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

/** `placed` is called when it has its slots, or is not to have them. */
type StartActor = (job: Taken, wire: ActorWire, queue: string, placed: () => void) => Promise<void>

const NOTHING_RESERVED = () => false

export class TaskIntakes {
  readonly #runner: CallRunner
  readonly #lost: (id: string) => void
  readonly #tenure: Tenure
  readonly #startActor: StartActor
  readonly #total: Amounts
  readonly #ownWorkers: OwnWorkers
  readonly #intakes = new Map<string, Intake>()
  /** Queues of calls that may be handed over. */
  readonly #offered: string[] = []
  readonly #handoffs: Handoffs
  /** Of jobs that were taken and are not placed yet. */
  readonly #reserved: Record<string, number> = {}
  #reservedCount = 0

  constructor(
    runner: CallRunner,
    total: Amounts,
    ownWorkers: OwnWorkers,
    tenure: Tenure,
    startActor: StartActor,
    lost: (id: string) => void,
  ) {
    this.#tenure = tenure
    this.#runner = runner
    this.#total = total
    this.#ownWorkers = ownWorkers
    this.#startActor = startActor
    this.#lost = lost
    this.#handoffs = new Handoffs(runner.fleet.link, runner.recoverAfter, (handed, isLate) => {
      void this.#intakes.get(handed.queue)?.handed(handed, isLate)
    })
    const { link } = runner.fleet
    link.line.beforeReopening(() =>
      Promise.all(
        [...this.#intakes.values()].map(({ source }) =>
          takesOf(link)
            .putBackHanded(source)
            .catch(() => {}),
        ),
      ),
    )
  }

  /** Takes calls of a shape from now on, if this process can ever run one. */
  add(shape: string): void {
    const runner = this.#runner
    const known = readShape(shape)
    if (known === null || this.#intakes.has(shape) || runner.isClosing) return
    const { resources, own } = known
    for (const name in resources) if (resources[name]! > (this.#total[name] ?? 0)) return
    const { link } = runner.fleet
    if (own !== null) this.#ownWorkers.add(shape, { resources, own })
    const slots = Math.min(...Object.keys(resources).map((name) => this.#total[name]! / resources[name]!))
    const intake = new Intake(link, {
      queue: shape,
      doorbell: null,
      recoverAfter: runner.recoverAfter,
      room: (most) => (own === null ? this.#room(resources, most) : this.#ownRoom(shape, resources, most)),
      place: (calls) =>
        own === null ? this.#place(calls, resources) : this.#ownRoom(shape, resources, calls.length),
      read: (frame, batch) => decodeCalls(frame, batch, link, ['task', 'actor']),
      isLastTry: ({ wire, crashes }) =>
        wire.kind === 'task' && isSpent(wire.spec.options.maxRetries, crashes),
      start: (call) => this.#start(call, shape, resources),
      refuse: (frame, batch, range, error) => runner.refuse(frame, batch, range, error),
      gone: (batch) => void endIfGone(link, batch).catch(() => {}),
      keep: (calls, room) => this.#keep(calls, room, slots),
      isBrief: ({ wire }) => wire.kind === 'task' && runner.local.durationOf(wire.spec) < BRIEF,
      patience: PATIENCE,
      lost: (range) => {
        runner.withdraw(range)
        this.#lost(range.job)
      },
      tenure: this.#tenure,
      roomChanged: own === null ? () => this.#handoffs.look(shape) : null,
    })
    if (own === null) {
      this.#intakes.set(shape, intake)
      this.#offered.push(shape)
      this.#handoffs.add(shape, (offered) => intake.roomToOffer(offered))
    } else {
      // Tasks that come without an end would have each slot before an actor has it.
      const others = [...this.#intakes]
      this.#intakes.clear()
      for (const [name, each] of [[shape, intake] as const, ...others]) this.#intakes.set(name, each)
    }
  }

  /** How many actors that have workers of their own could start now. */
  #ownRoom(shape: string, wanted: Amounts, most: number): number {
    const slots = this.#count(wanted, most, (sum) => this.#runner.local.hasSlotsFor(sum))
    return slots === 0 ? 0 : this.#ownWorkers.room(shape, slots)
  }

  /** How many more calls that need so much could start now. */
  #room(wanted: Amounts, most: number): number {
    return this.#count(wanted, most, (sum) => this.#runner.local.hasRoomFor(sum))
  }

  #count(wanted: Amounts, most: number, fits: (sum: Amounts) => boolean): number {
    let count = 0
    for (const sum: Record<string, number> = { ...this.#reserved }; count < most; count++) {
      for (const name in wanted) sum[name] = (sum[name] ?? 0) + wanted[name]!
      if (!fits(sum)) break
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

  /** Those that are kept have what they need on its way while the ones before them run. */
  #keep(calls: readonly Taken[], room: number, slots: number): number {
    const kept = this.#worthKeeping(calls, room, slots)
    for (let i = room; i < kept; i++) {
      const { wire } = calls[i]!
      if (wire.kind === 'task') this.#runner.supplies.expect(wire.spec, wire.owner)
    }
    return kept
  }

  /** Short ones have run before another worker could have them. */
  #worthKeeping(calls: readonly Taken[], room: number, slots: number): number {
    const runner = this.#runner
    let kept = room
    for (let wait = 0; kept < calls.length; kept++) {
      const { wire } = calls[kept]!
      const took = wire.kind === 'task' ? runner.local.durationOf(wire.spec) : Number.POSITIVE_INFINITY
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
    // Sums of fractions are not exact.
    if (this.#reservedCount === 0) for (const name in this.#reserved) this.#reserved[name] = 0
  }

  look(): void {
    for (const intake of this.#intakes.values()) intake.look()
  }

  lookAt(shape: string): void {
    this.#intakes.get(shape)?.look()
  }

  #looking: NodeJS.Timeout | null = null

  /** What lasts leaves less room for calls of other shapes. */
  #lookSoon(): void {
    if (this.#offered.length === 1) return
    this.#looking ??= setTimeout(() => {
      this.#looking = null
      for (const shape of this.#offered) this.#handoffs.look(shape)
    }, LASTING).unref()
  }

  #start(job: Taken, shape: string, resources: Amounts): void {
    const runner = this.#runner
    const { wire } = job
    this.#lookSoon()
    const isReady =
      wire.kind === 'task' &&
      runner.fleet.drivers.wasAlive(wire.owner) &&
      runner.hasAllFor(wire) &&
      !runner.isUnderWay(job.id)
    if (isReady) this.#run(job, wire, NOTHING_RESERVED)
    else void this.#startLater(job, shape, resources).catch(() => job.abandon())
  }

  /** One that something has to be asked or fetched for first: its slot is kept meanwhile. */
  async #startLater(job: Taken, shape: string, resources: Amounts): Promise<void> {
    const runner = this.#runner
    while (runner.isUnderWay(job.id)) if (await runner.joins(job)) return this.look()
    const { wire } = job
    if (wire.kind === 'actor') {
      this.#reserve(resources, 1)
      const letGo = this.#ownWorkers.keep(wire.spec)
      let isPlaced = false
      const placed = () => {
        if (isPlaced) return
        isPlaced = true
        this.#reserve(resources, -1)
        letGo()
        this.look()
      }
      return this.#startActor(job, wire, shape, placed).finally(placed)
    }
    if (wire.kind !== 'task') return void (await job.complete())
    await this.#startTask(job, wire, resources)
  }

  async #startTask(job: Taken, wire: TaskWire, resources: Amounts): Promise<void> {
    const runner = this.#runner
    let isReserved = true
    this.#reserve(resources, 1)
    const placed = () => {
      const wasReserved = isReserved
      isReserved = false
      if (wasReserved) this.#reserve(resources, -1)
      return wasReserved
    }
    let isAlive = false
    try {
      isAlive = await runner.fleet.drivers.isAlive(wire.owner)
      if (!isAlive) await dropCall(runner.fleet.link, job.place.batch)
    } finally {
      if (!isAlive && placed()) this.look()
    }
    if (isAlive) this.#run(job, wire, placed)
    else await job.complete()
  }

  /** `placed` gives up the slot that is kept for it, and says whether one was. */
  #run(job: Taken, wire: TaskWire, placed: () => boolean): void {
    const runner = this.#runner
    const { spec } = wire
    const { maxRetries } = spec.options
    const ended = () => {
      if (placed()) this.look()
    }
    if (job.range.isLost) return ended()
    if (maxRetries >= 0 && job.crashes > maxRetries) {
      ended()
      return runner.fail(job, wire, crashed(job, spec))
    }
    runner.run(job, wire, {
      submit: (sink) => {
        placed()
        runner.local.submit(job.crashes === 0 ? spec : { ...spec, tries: job.crashes }, sink)
      },
      ended,
      keeper: null,
    })
  }

  /** Takes no more; nothing more is handed over when it resolves. */
  async stop(): Promise<void> {
    for (const intake of this.#intakes.values()) intake.stop()
    await this.#handoffs.close()
  }

  /** All that was taken has ended, or is in the queue again, or another's. */
  async idle(): Promise<void> {
    await Promise.all([...this.#intakes.values()].map((intake) => intake.idle()))
  }

  async close(): Promise<void> {
    if (this.#looking !== null) clearTimeout(this.#looking)
    await Promise.all([...this.#intakes.values()].map((intake) => intake.close()))
  }
}
