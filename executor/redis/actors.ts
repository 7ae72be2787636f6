// Actors as their callers see them: a mailbox on the way out that keeps the order of calls, and a record in Redis that
// tells whether the actor lives.
import { fromJson, toJson } from '../../runtime-env/json.ts'
import type { ActorCallSpec, ActorInfo, ActorSpec } from '../executor.ts'
import { deathBy, environmentFailure, type Failure, failureOf } from '../failures.ts'
import { refsOf } from '../payload.ts'
import { dropCall, renewCall } from './call-keys.ts'
import { type Calls, PendingCall } from './calls.ts'
import { enqueue } from './enqueue.ts'
import { type Keys, Life } from './keys.ts'
import type { Link } from './link.ts'
import { deathOf, emptyMailbox, endActor, endIfLeft, HELD } from './mailbox.ts'
import type { RedisObjects } from './objects.ts'
import { actorQueue, type Queues } from './queues.ts'
import { shapeOfActor } from './shapes.ts'
import { MOST_IN_SCRIPT, storeOutside } from './values.ts'
import { encodeCalls } from './wire.ts'

class View {
  readonly id: string
  /** Of an actor that was started here. */
  readonly spec: ActorSpec | null
  readonly outbox: PendingCall[] = []
  death: Failure | null = null
  handles = 0
  /** Calls that are not over. */
  underWay = 0
  /** A handle went into a bundle: who knows who has it now. */
  isShared = false
  /** How often it was told from here to start again. */
  epoch = 0
  /** It was started here, and is in no queue yet. */
  isHeld = false
  /** On its way there. */
  start: Promise<void> = Promise.resolve()

  constructor(id: string, spec: ActorSpec | null) {
    this.id = id
    this.spec = spec
  }

  get label(): string {
    return this.spec === null ? `actor ${this.id}` : `actor ${this.spec.name} (${this.id})`
  }
}

export class RedisActors {
  readonly #link: Link
  readonly #objects: RedisObjects
  readonly #calls: Calls
  readonly #queues: Queues
  readonly #lacking: (spec: ActorSpec) => Promise<string | null>
  /** What has to be in Redis before an actor starts. */
  readonly #packages: (spec: ActorSpec) => Promise<unknown> | null
  /** One that was started here is dead: it does not start again. */
  readonly #ended: (spec: ActorSpec) => void
  readonly #views = new Map<string, View>()
  /** Of this process's own actors: a name that is taken is refused at once. */
  readonly #names = new Map<string, string>()

  constructor(
    link: Link,
    objects: RedisObjects,
    calls: Calls,
    queues: Queues,
    lacking: (spec: ActorSpec) => Promise<string | null>,
    packages: (spec: ActorSpec) => Promise<unknown> | null,
    ended: (spec: ActorSpec) => void,
  ) {
    this.#link = link
    this.#objects = objects
    this.#calls = calls
    this.#queues = queues
    this.#lacking = lacking
    this.#packages = packages
    this.#ended = ended
    link.onBeat(() => void this.#check().catch(() => {}))
  }

  #view(id: string): View {
    let view = this.#views.get(id)
    if (view === undefined) this.#views.set(id, (view = new View(id, null)))
    return view
  }

  // --- its life ---

  create(spec: ActorSpec): void {
    const { registeredName } = spec.options
    if (registeredName !== null && this.#names.has(registeredName)) throw new Error(taken(registeredName))
    const view = new View(spec.id, spec)
    this.#views.set(spec.id, view)
    if (registeredName !== null) this.#names.set(registeredName, spec.id)
    // For its life: it may have to start again.
    for (const [, id] of spec.deps) this.#objects.hold(id)
    for (const id of refsOf(spec.args)) this.#objects.hold(id)
    this.#objects.share(refsOf(spec.args))
    if (spec.options.detached) this.#objects.give(refsOf(spec.args))
    this.#link.alive.begin()
    view.start = this.#start(view, spec)
      .catch((error: Error) => this.#die(view, failureOf('actor-died', `${view.label}: ${error.message}`)))
      .finally(() => this.#link.alive.end())
  }

  async #start(view: View, spec: ActorSpec): Promise<void> {
    const { redis, keys, id: owner } = this.#link
    const { options } = spec
    const shape = shapeOfActor(spec)
    view.isHeld = true
    const create = () =>
      redis.cornichonCreateActor(
        3,
        keys.actor(spec.id),
        keys.actorName(options.registeredName ?? ''),
        keys.actors,
        options.registeredName ?? '',
        spec.id,
        Life.note,
        ...['state', 'starting', 'name', spec.name, 'registeredName', options.registeredName ?? ''],
        ...['methods', toJson(spec.methods), 'owner', owner, 'detached', options.detached ? 1 : 0],
        ...['restarts', 0, 'shape', shape, HELD, 1],
      )
    let other = await create()
    if (other !== null && (await endIfLeft(this.#link, other))) other = await create()
    if (other !== null) return this.#die(view, failureOf('actor-died', taken(options.registeredName!)))
    for (const [, id] of spec.deps) {
      const failed = await new Promise<Buffer | null>((resolve) =>
        this.#objects.whenSettled(id, (frame, { ok }) => resolve(ok ? null : frame)),
      )
      if (failed === null) continue
      const outcome = await this.#objects.decode(id, failed)
      if (!outcome.ok) return this.#die(view, deathBy(view.label, outcome.failure))
    }
    const lacking = await this.#lacking(spec)
    if (lacking !== null)
      return this.#die(view, failureOf('actor-died', `${view.label} can never run: ${lacking}`))
    try {
      await this.#packages(spec)
    } catch (error) {
      return this.#die(view, deathBy(view.label, environmentFailure(error as Error)))
    }
    if (view.death !== null) return
    const encoded = encodeCalls([{ kind: 'actor', spec, owner }], keys)
    const { frame } = encoded
    const isLarge = frame.length > MOST_IN_SCRIPT
    view.isHeld = false
    // In this order, on one connection: who takes the job finds the frame.
    await Promise.all([
      redis.hdel(keys.actor(spec.id), HELD),
      ...keysOf(spec, keys).map((key) => redis.persist(key)),
      storeOutside(redis, encoded, Life.call),
      ...(isLarge ? [redis.set(keys.call(spec.id), frame, 'PX', Life.call)] : []),
      enqueue(redis, keys, {
        ...{ queue: shape, id: spec.id, size: 1, title: `${spec.name}.constructor`, priority: 0 },
        ...{ frame: isLarge ? null : frame, mayBeHandedOver: false, actor: null },
      }),
    ])
  }

  /** For good, as far as this process has a say. */
  #die(view: View, death: Failure): void {
    if (view.death !== null) return
    view.death = death
    this.#forgetName(view)
    if (view.spec !== null) {
      this.#ended(view.spec)
      for (const [, id] of view.spec.deps) this.#objects.release(id)
      for (const id of refsOf(view.spec.args)) this.#objects.release(id)
    }
    for (const call of view.outbox.splice(0)) this.#calls.fail(call, death)
    this.#link.alive.begin()
    endActor(this.#link, view.id, death)
      .then(() => (view.spec === null ? undefined : this.#dropStart(view.spec)))
      .catch(() => {})
      .finally(() => this.#link.alive.end())
  }

  /**
   * If nobody has begun it. Else the call of its constructor is its host's; where that is dead, the one that finds it ends what
   * was under way there.
   */
  async #dropStart(spec: ActorSpec): Promise<void> {
    const { redis, keys } = this.#link
    const { id } = spec
    if ((await redis.hget(keys.actor(id), 'node')) !== null) return
    await this.#queues.remove(shapeOfActor(spec), id)
    await dropCall(this.#link, id)
  }

  #forgetName(view: View): void {
    const name = view.spec?.options.registeredName
    if (name !== undefined && name !== null && this.#names.get(name) === view.id) this.#names.delete(name)
  }

  kill(id: string, noRestart: boolean): void {
    const view = this.#view(id)
    if (noRestart) this.#die(view, failureOf('actor-died', `${view.label} was killed`))
    else view.epoch++
    void this.#link.tellAll({ kind: 'kill', actor: id, noRestart, from: this.#link.id, epoch: view.epoch })
  }

  #renewed = Date.now()
  #renewedHeld = Date.now()

  /** Others' that are called from here, and that nobody will start; its own wait in their queues for as long as it is there. */
  async #check(): Promise<void> {
    const isDue = Date.now() - this.#renewed > Life.call / 3
    if (isDue) this.#renewed = Date.now()
    const isHeldDue = Date.now() - this.#renewedHeld > Life.note / 3
    if (isHeldDue) this.#renewedHeld = Date.now()
    for (const view of [...this.#views.values()]) {
      if (view.death !== null) continue
      if (view.spec === null) {
        if (view.underWay > 0) await endIfLeft(this.#link, view.id)
      } else if (view.isHeld) {
        if (isHeldDue) await this.#renewHeld(view.spec)
      } else if (isDue) await renewCall(this.#link, view.id)
    }
  }

  async #renewHeld(spec: ActorSpec): Promise<void> {
    const { redis, keys } = this.#link
    // Only what has an end: it may be in its queue by now.
    await Promise.all(keysOf(spec, keys).map((key) => redis.pexpire(key, Life.note)))
  }

  // --- calls ---

  /** `functions`: those that it needs. */
  call(spec: ActorCallSpec, functions: readonly string[]): void {
    const view = this.#view(spec.actor)
    const { epoch } = view
    const call = new PendingCall(
      spec,
      spec.parent,
      spec.options.numReturns,
      actorQueue(spec.actor),
      spec.actor,
      functions,
      (sent) => this.#send(view, sent, spec, epoch),
    )
    // One of another's, or that stays, may keep what it gets.
    if (view.spec === null || view.spec.options.detached) this.#objects.give(refsOf(spec.args))
    view.underWay++
    if (view.death === null) view.outbox.push(call)
    this.#calls.admit(call, () => this.#pump(view))
    if (view.death !== null) this.#calls.fail(call, view.death)
  }

  /** In the order in which they were made: a call that waits for its arguments holds up those behind it. */
  #pump(view: View): void {
    const { outbox } = view
    while (outbox.length > 0) {
      const call = outbox[0]!
      if (call.state === 'waiting') {
        if (call.missing > 0) return
        call.send!()
      }
      outbox.shift()
    }
  }

  /** A call that ended before it was sent holds up nobody. */
  over(call: PendingCall): void {
    const view = this.#views.get(call.actor ?? '')
    if (view === undefined) return
    view.underWay--
    this.#pump(view)
    this.#endIfUnreachable(view)
  }

  #send(view: View, call: PendingCall, spec: ActorCallSpec, epoch: number): void {
    const wire = { kind: 'call', spec, owner: this.#link.id, epoch } as const
    this.#calls.send(call, wire, 0, (batch) => void this.#lookForDeath(view, call, batch))
  }

  /** By batch: asked once. */
  readonly #deaths = new WeakMap<object, Promise<Failure | null>>()

  /** Whoever ends an actor first says so and then empties its mailbox: one of us sees the other. */
  async #lookForDeath(view: View, call: PendingCall, batch: object): Promise<void> {
    let asked = this.#deaths.get(batch)
    if (asked === undefined) {
      // One that is refused has a reason, and no record.
      const started = view.isHeld ? view.start : Promise.resolve()
      asked = started.then(() => deathOf(this.#link, view.id)).catch(() => null)
      this.#deaths.set(batch, asked)
    }
    const found = await asked
    const death = view.death ?? found
    if (death === null) return
    if (view.death === null && view.spec !== null) this.#ended(view.spec)
    view.death ??= death
    this.#forgetName(view)
    this.#calls.fail(call, death)
    emptyMailbox(this.#link, view.id, death).catch(() => {})
  }

  // --- handles ---

  hold(id: string): void {
    this.#view(id).handles++
  }

  release(id: string): void {
    const view = this.#views.get(id)
    if (view === undefined) return
    view.handles--
    this.#endIfUnreachable(view)
  }

  share(id: string): void {
    this.#view(id).isShared = true
  }

  /** Nobody has a handle, nothing is left to do: it ends by itself. */
  #endIfUnreachable(view: View): void {
    if (view.handles > 0 || view.isShared || view.underWay > 0) return
    if (view.spec !== null && !view.spec.options.detached && view.death === null) {
      this.#die(view, failureOf('actor-died', `${view.label} ended, for nobody had a handle of it`))
      void this.#link.tellAll({
        kind: 'kill',
        actor: view.id,
        noRestart: true,
        from: this.#link.id,
        epoch: 0,
      })
    }
    this.#views.delete(view.id)
    this.#queues.forget(actorQueue(view.id))
  }

  async find(name: string): Promise<ActorInfo | null> {
    const { redis, keys } = this.#link
    const id = await redis.get(keys.actorName(name))
    if (id === null || (await endIfLeft(this.#link, id))) return null
    const [type, methods, state] = await redis.hmget(keys.actor(id), 'name', 'methods', 'state')
    if (type == null || methods == null || state === 'dead') return null
    return { id, name: type, methods: fromJson(methods) as string[] }
  }

  /** Detached actors that lack nothing are in their queues: they were started, and stay. */
  async started(): Promise<void> {
    const leaving = [...this.#views.values()].filter(
      ({ spec, isHeld }) =>
        isHeld && spec!.options.detached && spec!.deps.every(([, id]) => this.#objects.isSettled(id)),
    )
    await Promise.all(leaving.map(({ start }) => start))
  }

  /** Those that this process started go with it, unless they are detached, and have all that they need. */
  async shutdown(failure: Failure): Promise<void> {
    const { redis, keys } = this.#link
    const own = [...this.#views.values()].filter(
      ({ spec, death, isHeld }) => spec !== null && death === null && (isHeld || !spec.options.detached),
    )
    await Promise.all(
      own.map(async (view) => {
        const isNode = this.#link.kind === 'node'
        const message = isNode
          ? `${view.label} ended with the worker process whose task started it`
          : failure.message
        await endActor(this.#link, view.id, { ...failure, kind: 'actor-died', message })
        await this.#dropStart(view.spec!)
        // Of a worker's, others may have handles.
        if (!isNode) await redis.unlink(keys.actor(view.id))
      }),
    )
  }
}

/** What there is of it before it starts. */
function keysOf({ id, options: { registeredName } }: ActorSpec, keys: Keys): string[] {
  return [keys.actor(id), ...(registeredName === null ? [] : [keys.actorName(registeredName)])]
}

function taken(name: string): string {
  const text = JSON.stringify(name)
  return `there is an actor named ${text} already: getActor(${text}) finds it, kill ends it`
}
