// Actors that live in this process. The job of an actor's constructor stays with the process for the actor's life: if the
// process dies, the queue gives the job to another, and so the actor starts again there. A process that is stopped gives the
// job back itself: for an actor that has lived, both are a restart.

import type { ActorSpec } from '../../executor.ts'
import { deathBy, type Failure, failureOf } from '../../failures.ts'
import type { ActorRecord } from '../../local/actors.ts'
import type { CallSink } from '../../local/calls.ts'
import type { LocalExecutor } from '../../local/index.ts'
import { dropCall, renewCall } from '../call-keys.ts'
import type { Origin } from '../index.ts'
import { Life } from '../keys.ts'
import { deathOf, emptyMailbox, endActor } from '../mailbox.ts'
import { actorQueue } from '../queues.ts'
import { slicesOf } from '../slices.ts'
import { decodeCalls, type WireCall } from '../wire.ts'
import type { CallRunner } from './call-runner.ts'
import { Doorbell } from './doorbell.ts'
import { Intake } from './intake.ts'
import type { OwnWorkers } from './own-workers.ts'
import { UnfitCallError } from './supplies.ts'
import { isSpent, type Taken } from './taken.ts'

type ActorWire = Extract<WireCall, { kind: 'actor' }>
type MethodWire = Extract<WireCall, { kind: 'call' }>

class Hosted {
  readonly wire: ActorWire
  readonly job: Taken
  readonly held: readonly string[]
  calls: Intake | null = null
  readonly underWay = new Set<Taken>()
  /** By caller: how often it has had it start again, here or where it was before. */
  readonly epochs: Map<string, number>
  restarts: number
  isOver = false
  /** Its constructor is done: it has a state to lose. */
  isAlive = false
  /** Perhaps before it began. */
  isKilled = false
  /** Another process is to have it. */
  isPassedOn = false
  /** Another process has it by now, or this one anew. */
  isLeft = false
  /** It has waited in the queue for room, which is noted with it. */
  readonly hasWaited: boolean

  constructor(
    wire: ActorWire,
    job: Taken,
    held: readonly string[],
    hasWaited: boolean,
    epochs: Map<string, number>,
    restarts: number,
  ) {
    this.wire = wire
    this.job = job
    this.held = held
    this.hasWaited = hasWaited
    this.epochs = epochs
    this.restarts = restarts
  }
}

/** In the record of an actor: how often a caller has had it start again. */
const EPOCH = 'epoch:'

/** Mailboxes that one command looks into. */
const MOST_CHECKED = 500

export class HostedActors {
  readonly #doorbell = new Doorbell()
  readonly #timer: NodeJS.Timeout
  readonly #runner: CallRunner
  readonly #local: LocalExecutor
  readonly #ownWorkers: OwnWorkers
  readonly #byId = new Map<string, Hosted>()
  readonly #starting = new Set<Promise<void>>()
  #isStopped = false

  constructor(runner: CallRunner, ownWorkers: OwnWorkers) {
    this.#runner = runner
    this.#local = runner.local
    this.#ownWorkers = ownWorkers
    runner.fleet.link.onBeat(() => void this.#check().catch(() => {}))
    this.#timer = setInterval(() => void this.#checkMailboxes().catch(() => {}), runner.recoverAfter / 2)
  }

  /** `placed` is called when its place here is its own. */
  async start(job: Taken, wire: ActorWire, queue: string, placed: () => void): Promise<void> {
    const starting = this.#start(job, wire, queue, placed)
    this.#starting.add(starting)
    await starting.finally(() => this.#starting.delete(starting))
  }

  async #start(job: Taken, wire: ActorWire, queue: string, placed: () => void): Promise<void> {
    const { fleet, supplies } = this.#runner
    const { link } = fleet
    const { spec, owner } = wire
    const { redis, keys } = link
    const isDead = async (): Promise<boolean> => {
      const death = await deathOf(link, spec.id)
      if (death === null) return false
      // What is under way there, a dead process had: the job of the actor's start is ours.
      await emptyMailbox(link, spec.id, death, true)
      await dropCall(link, spec.id)
      await job.complete()
      return true
    }
    if (await isDead()) return
    const label = `actor ${spec.name} (${spec.id})`
    const refuse = (failure: Failure) => this.#refuse(job, spec.id, failure)
    if (!(await this.#isWanted(wire)))
      return refuse(failureOf('actor-died', `${label} ended with the process that started it`))
    const admission = await this.#ownWorkers.admit(queue, spec)
    if (admission.kind === 'waits') return void (await job.giveBack())
    if (admission.kind === 'refused')
      return refuse(failureOf('actor-died', `${label} can't start: ${admission.why}`))
    const { restarts, hasWaited } = await this.#chargeCrashes(spec.id, job.crashes)
    const { maxRestarts } = spec.options
    if (maxRestarts >= 0 && restarts > maxRestarts) return refuse(diedWithProcess(spec, 'ended'))
    let held: readonly string[]
    try {
      held = await supplies.bring(spec, owner)
    } catch (error) {
      const unfit = error instanceof UnfitCallError ? error.failure : failureOf('error', String(error))
      return refuse(deathBy(label, unfit))
    }
    const letFunctionsGo = supplies.holdFunctionsOf(spec)
    // Its job was another's for a moment, as this process was held up, and came back.
    const before = this.#byId.get(spec.id)
    if (before !== undefined) await this.#leave(before)
    // What was under way in the process that is dead, before any call that came later is taken.
    const prefix = `${keys.prefix}:${actorQueue(spec.id)}:`
    if (job.crashes > 0) await redis.cornichonTakeOver(1, `${prefix}active`, prefix)
    const epochs = restarts > 0 ? await this.#epochsOf(spec.id) : new Map<string, number>()
    if (this.#isStopped) {
      supplies.letGo(held)
      letFunctionsGo()
      return void (await job.giveBack())
    }
    const hosted = new Hosted(wire, job, held, hasWaited, epochs, restarts)
    this.#byId.set(spec.id, hosted)
    if (spec.options.detached) fleet.functions.keep(spec.fn, spec.id)
    const jobKey = `${keys.prefix}:${queue}:${job.range.job}`
    // Whoever killed it before that did not say so to this process, or too soon.
    const [isHost, died] = await Promise.all([
      redis.cornichonHostActor(
        ...([3, keys.actor(spec.id), jobKey, `${jobKey}:lock`, job.range.token, link.id] as const),
      ),
      isDead(),
    ])
    // It was told meanwhile that it is another's: it has left.
    if (hosted.isOver) return letFunctionsGo()
    if (died || isHost === 0) {
      this.#byId.delete(spec.id)
      fleet.functions.keepNoMore(spec.fn, spec.id)
      supplies.letGo(held)
      letFunctionsGo()
      if (!died) return job.abandon()
      return void (await redis.pexpire(keys.actor(spec.id), Life.note))
    }
    this.#local.createActor({
      ...spec,
      options: {
        ...spec.options,
        // Who has handles, and what it is called, is known to its callers.
        registeredName: null,
        detached: true,
        maxRestarts: maxRestarts < 0 ? maxRestarts : maxRestarts - restarts,
      },
    })
    letFunctionsGo()
    placed()
    if (hosted.isKilled) this.#local.killActor(spec.id, true)
    // It may have died at once.
    if (hosted.isOver) return
    hosted.calls = new Intake(link, {
      queue: actorQueue(spec.id),
      doorbell: this.#doorbell,
      recoverAfter: this.#runner.recoverAfter,
      room: (most) => roomIn(hosted, most),
      place: ({ length }) => roomIn(hosted, length),
      read: (frame, batch) => decodeCalls(frame, batch, link, ['call']),
      // One that does not start again has no calls that do.
      isLastTry: ({ wire, crashes }) =>
        wire.kind === 'call' && maxRestarts !== 0 && isSpent(retriesOf(spec, wire), crashes),
      start: (call) => this.#call(hosted, call),
      refuse: (frame, batch, range, error) => this.#runner.refuse(frame, batch, range, error),
      gone: () => {},
      // Nobody else could take them.
      keep: (calls) => calls.length,
      isBrief: () => false,
      patience: null,
      lost: () => {},
      tenure: null,
      // Over another connection, a call would overtake the one before it.
      roomChanged: null,
    })
  }

  async #refuse(job: Taken, id: string, failure: Failure): Promise<void> {
    const { link } = this.#runner.fleet
    const death: Failure = { ...failure, kind: 'actor-died' }
    await endActor(link, id, death)
    await emptyMailbox(link, id, death, true)
    await dropCall(link, id)
    await job.fail(failure.message)
  }

  /** Each death of a worker process spends a restart, once, as the death of a thread does: how many are spent. */
  async #chargeCrashes(
    id: string,
    crashes: number,
  ): Promise<{ readonly restarts: number; readonly hasWaited: boolean }> {
    const { redis, keys } = this.#runner.fleet.link
    const [restarts, charged, since] = await redis.hmget(
      keys.actor(id),
      ...['restarts', 'crashes', 'waitsSince'],
    )
    const spent = Math.max(0, crashes - Number(charged ?? 0))
    const all = Number(restarts ?? 0) + spent
    // Not by HINCRBY: the command may be sent twice.
    if (spent > 0) await redis.hset(keys.actor(id), 'crashes', crashes, 'restarts', all)
    return { restarts: all, hasWaited: since !== null }
  }

  async #epochsOf(id: string): Promise<Map<string, number>> {
    const { redis, keys } = this.#runner.fleet.link
    const fields = Object.entries(await redis.hgetall(keys.actor(id)))
    return new Map(
      fields.flatMap(([field, value]) =>
        field.startsWith(EPOCH) ? [[field.slice(EPOCH.length), Number(value)]] : [],
      ),
    )
  }

  /** Told by the executor of this process, which has no room for it any more. Calls that it was sent are taken back next. */
  passesOn({ spec: { id } }: ActorRecord, lacking: string): boolean {
    const hosted = this.#byId.get(id)
    if (hosted === undefined || hosted.isOver) return false
    hosted.isOver = true
    hosted.isPassedOn = true
    this.#byId.delete(id)
    this.#ownWorkers.hasNoRoom(hosted.wire.spec, lacking)
    void this.#passOn(hosted, lacking).catch(() => hosted.job.abandon())
    return true
  }

  async #passOn(hosted: Hosted, lacking: string): Promise<void> {
    const { fleet, supplies } = this.#runner
    const { spec } = hosted.wire
    // Those that their arguments are fetched for go back, too.
    while (hosted.underWay.size > 0) await new Promise((resolve) => setTimeout(resolve, 5))
    await hosted.calls?.close()
    await hosted.calls?.idle()
    fleet.functions.keepNoMore(spec.fn, spec.id)
    supplies.letGo(hosted.held)
    const admission = await this.#ownWorkers.passOn(spec, lacking)
    if (admission.kind === 'refused') {
      const message = `actor ${spec.name} (${spec.id}) can't start: ${admission.why}`
      return this.#refuse(hosted.job, spec.id, failureOf('actor-died', message))
    }
    await hosted.job.giveBack()
  }

  mail(queue: string): void {
    this.#doorbell.ring(queue)
  }

  /** What nobody told of. */
  async #checkMailboxes(): Promise<void> {
    const { redis, keys } = this.#runner.fleet.link
    const all = [...this.#byId].filter(([, { calls }]) => calls !== null)
    for (const some of slicesOf(all, MOST_CHECKED)) {
      const names = some.flatMap(([id]) => {
        const prefix = `${keys.prefix}:${actorQueue(id)}:`
        return [`${prefix}wait`, `${prefix}active`]
      })
      const lengths = await redis.cornichonLengths(names.length, ...names)
      for (const [i, [, { calls }]] of some.entries())
        calls!.check(lengths[2 * i]!, lengths[2 * i + 1]!).catch(() => {})
    }
  }

  #call(hosted: Hosted, job: Taken): void {
    const { wire } = job
    if (wire.kind !== 'call') return void job.complete()
    if (hosted.isLeft) return job.abandon()
    const { spec } = hosted.wire
    this.#restartUpTo(hosted, wire.owner, wire.epoch)
    const most = retriesOf(spec, wire)
    if (most >= 0 && job.crashes > most) return this.#runner.fail(job, wire, cutOff(spec, wire))
    hosted.underWay.add(job)
    this.#runner.run(job, wire, {
      submit: (sink) => {
        if (hosted.isPassedOn) this.#runner.takenBack(job.id)
        this.#local.callActor(
          { ...wire.spec, tries: job.crashes },
          isSpent(most, job.crashes) ? this.#endsWithProcess(hosted, wire, sink) : sink,
        )
      },
      ended: () => {
        hosted.underWay.delete(job)
        hosted.calls?.look()
      },
      // An actor ends with its driver, if it may not stay.
      keeper:
        spec.options.detached || this.driverOf(spec.id) !== (wire.spec.driver ?? wire.owner) ? spec.id : null,
    })
  }

  /** A call that may run once only: if this process is stopped and can't wait for it any longer, it has failed. */
  #endsWithProcess(hosted: Hosted, wire: MethodWire, sink: CallSink): CallSink {
    return {
      settled: (outcomes, failure) => {
        if (failure?.kind !== 'shutdown' || !this.#runner.isClosing || !hosted.isAlive)
          return sink.settled(outcomes, failure)
        const died = cutOff(hosted.wire.spec, wire)
        sink.settled(
          outcomes.map(() => ({ ok: false, failure: died })),
          died,
        )
      },
      over: () => sink.over(),
    }
  }

  /** Told over the control stream, or by the first call that was made after it. */
  #restartUpTo(hosted: Hosted, from: string, epoch: number): void {
    if (epoch <= (hosted.epochs.get(from) ?? 0)) return
    hosted.epochs.set(from, epoch)
    const { redis, keys } = this.#runner.fleet.link
    const { id } = hosted.wire.spec
    // For the process that has it next.
    redis.hset(keys.actor(id), EPOCH + from, epoch).catch(() => {})
    this.#local.killActor(id, false)
  }

  kill(id: string, noRestart: boolean, from: string, epoch: number): void {
    const hosted = this.#byId.get(id)
    if (hosted === undefined) return
    if (noRestart) {
      hosted.isKilled = true
      this.#local.killActor(id, true)
    } else this.#restartUpTo(hosted, from, epoch)
  }

  /** Told by the executor of this process. */
  changed(actor: ActorRecord): void {
    const { id } = actor.spec
    const hosted = this.#byId.get(id)
    if (hosted === undefined || hosted.isOver) return
    const { redis, keys } = this.#runner.fleet.link
    if (actor.state !== 'dead') {
      hosted.isAlive = actor.state === 'alive'
      if (actor.state === 'restarting') hosted.restarts++
      redis
        .cornichonChangeActor(
          ...([1, keys.actor(id), actor.state, actor.worker?.name ?? '', hosted.restarts] as const),
        )
        .catch(() => {})
      if (hosted.hasWaited) redis.hdel(keys.actor(id), 'waitsSince', 'passedOn').catch(() => {})
      return
    }
    this.#ownWorkers.mayHaveRoom(actor.spec)
    if (this.#runner.isClosing) return
    void this.#end(hosted, actor.death ?? failureOf('actor-died', `the actor ${id} is dead`)).catch(() => {})
  }

  async #end(hosted: Hosted, death: Failure): Promise<void> {
    hosted.isOver = true
    const { fleet, supplies } = this.#runner
    const { link } = fleet
    const { id, fn } = hosted.wire.spec
    this.#byId.delete(id)
    hosted.calls?.stop()
    // This process may have been held up until another had it, where it lives.
    const node = await link.redis.hget(link.keys.actor(id), 'node')
    if (node !== null && node !== link.id) {
      await this.#abandon(hosted)
      // If it is this process's all the same, whoever finds it starts it again.
      return hosted.job.abandon()
    }
    fleet.functions.keepNoMore(fn, id)
    await endActor(link, id, death)
    await dropCall(link, id)
    supplies.letGo(hosted.held)
    await hosted.calls?.close()
    await hosted.calls?.idle()
    // What came in between. If this process dies before, another finds the job of the actor's start, and does the same.
    await emptyMailbox(link, id, death, true)
    await hosted.job.complete()
  }

  /** Its job is another's by now: so is the actor. */
  lost(id: string): void {
    const hosted = this.#byId.get(id)
    if (hosted !== undefined) void this.#leave(hosted)
  }

  async #leave(hosted: Hosted): Promise<void> {
    hosted.isOver = true
    const { id } = hosted.wire.spec
    this.#byId.delete(id)
    const abandoned = this.#abandon(hosted)
    this.#local.killActor(id, true)
    await abandoned
  }

  async #abandon(hosted: Hosted): Promise<void> {
    const { fleet, supplies } = this.#runner
    const { id, fn } = hosted.wire.spec
    hosted.isLeft = true
    // It may have come back.
    if (!this.#byId.has(id)) fleet.functions.keepNoMore(fn, id)
    supplies.letGo(hosted.held)
    // They run again where the actor is now: that they end here is no result of theirs.
    for (const job of [...hosted.underWay]) this.#runner.abandon(job.id)
    await hosted.calls?.close()
  }

  driverOf(id: string): string | null {
    const wire = this.#byId.get(id)?.wire
    return wire?.spec.driver ?? wire?.owner ?? null
  }

  /** What an actor starts in its constructor is part of what the actor is part of. */
  originOf(id: string): Origin | null {
    const spec = this.#byId.get(id)?.wire.spec
    if (spec === undefined) return null
    const isKept = spec.options.detached || spec.keptBy !== undefined
    return { driver: this.driverOf(id)!, ...(isKept && { keptBy: id }) }
  }

  driverGone(driver: string): void {
    for (const [id, { wire }] of this.#byId)
      if (lifelinesOf(wire).includes(driver)) this.#local.killActor(id, true)
  }

  async #isWanted(wire: ActorWire): Promise<boolean> {
    const { fleet } = this.#runner
    for (const id of lifelinesOf(wire)) if (!(await fleet.drivers.isAlive(id))) return false
    const { keptBy, options } = wire.spec
    if (keptBy === undefined || options.detached) return true
    // Of one that is dead to all who would call it, there is no record, or it says so.
    const state = await fleet.link.redis.hget(fleet.link.keys.actor(keptBy), 'state')
    return state !== null && state !== 'dead'
  }

  #renewed = Date.now()

  async #check(): Promise<void> {
    const { fleet } = this.#runner
    const isDue = Date.now() - this.#renewed > Life.call / 8
    if (isDue) this.#renewed = Date.now()
    for (const [id, { wire }] of [...this.#byId]) {
      if (isDue) renewCall(fleet.link, id).catch(() => {})
      if (!(await this.#isWanted(wire))) this.#local.killActor(id, true)
    }
  }

  /** Whether calls wait here for their actor. */
  get isBusy(): boolean {
    for (const { calls } of this.#byId.values()) if (calls?.isBusy) return true
    return false
  }

  /** None starts here any more. */
  stop(): void {
    this.#isStopped = true
    for (const { calls } of this.#byId.values()) calls?.stop()
  }

  /** The actors go to other processes, or die if they have lived and may not start again. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.allSettled(this.#starting)
    // Where Redis takes nothing, being full, say: then others find what this process had.
    const moved = [...this.#byId.values()].map((hosted) =>
      this.#move(hosted).catch(() => hosted.job.abandon()),
    )
    await Promise.all(moved)
  }

  async #move(hosted: Hosted): Promise<void> {
    const { redis, keys, id: process } = this.#runner.fleet.link
    const { spec } = hosted.wire
    hosted.isOver = true
    const most = spec.options.maxRestarts
    if (hosted.isAlive && (await redis.cornichonMoveActor(1, keys.actor(spec.id), process, most)) === 0)
      return this.#end(hosted, diedWithProcess(spec, 'was stopped (by SIGTERM or SIGINT) and has ended'))
    await hosted.calls?.close()
    await hosted.job.giveBack()
  }
}

/** `how` its process ended. */
function diedWithProcess({ name, id, options: { maxRestarts } }: ActorSpec, how: string): Failure {
  const remedy =
    maxRestarts === 0
      ? 'with the option maxRestarts it starts again in another'
      : `it has started again as often as its maxRestarts says (${maxRestarts})`
  return failureOf(
    'actor-died',
    `actor ${name} (${id}) died: the worker process that it lived in ${how}; ${remedy}`,
  )
}

function cutOff({ name, id }: ActorSpec, { spec }: MethodWire): Failure {
  return failureOf(
    'actor-died',
    `actor ${name} (${id}) died while it ran ${spec.name}: its worker process ended`,
  )
}

/**
 * The processes that an actor does not outlive: the one that started it, and the driver that this was done for, unless an
 * actor may outlive that, which it was started for.
 */
function lifelinesOf({ spec, owner }: ActorWire): readonly string[] {
  if (spec.options.detached) return []
  return spec.driver === undefined || spec.keptBy !== undefined ? [owner] : [owner, spec.driver]
}

function retriesOf({ options }: ActorSpec, { spec }: MethodWire): number {
  return spec.options.maxRetries < 0 ? options.maxTaskRetries : spec.options.maxRetries
}

function roomIn({ isOver, underWay, wire }: Hosted, most: number): number {
  return isOver ? 0 : Math.min(most, wire.spec.options.maxConcurrency - underWay.size)
}
