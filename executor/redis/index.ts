// The engine for a fleet: calls go through BullMQ's queues in Redis to worker processes, results come back over the
// driver's inbox. A worker process has one of these, too, for the calls that its tasks make.

import type { LocalPackage, ResolvedEnv } from '../../runtime-env/types.ts'
import { isThenInherited, THEN_INHERITED } from '../../serializer/promises.ts'
import type {
  ActorCallSpec,
  ActorInfo,
  ActorSpec,
  CallSpec,
  CancelOptions,
  Description,
  Executor,
  Exported,
  Outcome,
  TaskSpec,
} from '../executor.ts'
import { cancelled, environmentFailure, errorOf, type Failure, failureOf } from '../failures.ts'
import { functionsOf } from '../functions.ts'
import { WorkerLogs } from '../local/logs.ts'
import type { InitOptions } from '../options.ts'
import { describeFunction, type Packed, refsOf } from '../payload.ts'
import { RedisActors } from './actors.ts'
import { Announcements } from './announcements.ts'
import { Calls, PendingCall } from './calls.ts'
import { Capacity } from './capacity.ts'
import { describeFleet } from './describe.ts'
import { Drivers } from './drivers.ts'
import { FleetFunctions } from './functions.ts'
import type { Entry } from './inbox.ts'
import { JobProgress } from './job-progress.ts'
import { Said, wordsOf } from './line.ts'
import type { Link } from './link.ts'
import { isCount, type Message } from './messages.ts'
import { RedisObjects } from './objects.ts'
import { Outbox } from './outbox.ts'
import { FleetPackages, packagesOf } from './packages.ts'
import { Queues } from './queues.ts'
import { Requests } from './requests.ts'
import { shapeOf, shapeOfActor } from './shapes.ts'
import { encodeCalls, placeAlone, SET_UP } from './wire.ts'

/** Whom a call is for, and the task that began it all: see CallSpec. */
export type Origin = Required<Pick<CallSpec, 'driver'>> & Pick<CallSpec, 'job' | 'keptBy'>

export class RedisExecutor implements Executor {
  readonly engine = 'redis'
  readonly link: Link
  readonly objects: RedisObjects
  readonly functions: FleetFunctions
  readonly calls: Calls
  readonly queues: Queues
  readonly capacity: Capacity
  readonly requests: Requests
  readonly packages: FleetPackages
  readonly progress: JobProgress
  readonly #actors: RedisActors
  readonly drivers: Drivers
  readonly #announcements: Announcements
  readonly #logs: WorkerLogs
  /** What a worker process does with messages that are not a submitter's. */
  onMessage: (message: Message) => void = () => {}
  onShutdown: () => void = () => {}
  #isShutDown = false

  constructor(link: Link, logTo: InitOptions['logToDriver']) {
    this.link = link
    this.objects = new RedisObjects(link)
    this.functions = new FleetFunctions(link, this.objects)
    this.queues = new Queues(link)
    const backlog = (queue: string) => (this.calls.sent.get(queue) ?? 0) - 2 * this.capacity.slots
    this.calls = new Calls(link, this.objects, new Outbox(link.redis, link.keys, backlog))
    this.capacity = new Capacity(link)
    this.requests = new Requests(link)
    this.packages = new FleetPackages(link)
    this.progress = new JobProgress(link)
    this.drivers = new Drivers(link)
    this.#logs = new WorkerLogs(logTo ?? true)
    this.#announcements = new Announcements(link)
    this.#actors = new RedisActors(
      link,
      this.objects,
      this.calls,
      this.queues,
      ({ options }) => this.capacity.lackingNow(options.resources),
      ({ env }) => this.packages.uploaded(packagesOf(env)),
      (spec) => {
        this.functions.takeBack(spec.fn, spec.id)
        this.functions.letGo(functionsOf(spec))
      },
    )
    this.calls.onOver = (call) => {
      this.functions.letGo(call.functions)
      if (call.actor !== null) this.#actors.over(call)
      if (call.job !== null && call.job !== call.id) this.progress.over(call.job)
    }
    link.onBeat(() => isThenInherited() && this.#stop())
    link.listen((entries) => this.#receive(entries))
    link.line.hear(Said.Done, (message) => this.#takeDone(message))
    link.line.onOpen((wasLost) => wasLost && this.calls.check(true))
  }

  // --- functions ---

  hasFunction(hash: string): boolean {
    return this.functions.has(hash)
  }

  exportFunction(fn: Exported): void {
    this.functions.add(fn)
  }

  holdFunction(hash: string): void {
    this.functions.hold([hash])
  }

  releaseFunction(hash: string): void {
    this.functions.letGo([hash])
  }

  addPackage(pkg: LocalPackage): void {
    this.packages.add(pkg)
  }

  lackingFor(env: ResolvedEnv): string | null {
    return this.capacity.lackingFor(env)
  }

  // --- calls ---

  submit(task: TaskSpec): void {
    const spec = this.#withOrigin(task)
    const functions = functionsOf(spec)
    this.functions.use(functions, spec.driver ?? this.link.id)
    const { resources } = spec.options
    const shape = shapeOf(resources)
    this.#announcements.shape(shape)
    const call = new PendingCall(
      spec,
      spec.parent,
      spec.options.numReturns,
      shape,
      null,
      functions,
      (ready) => {
        const wire = { kind: 'task', spec, owner: this.link.id } as const
        const send = () => this.calls.send(ready, wire, spec.options.priority)
        const uploads = spec.env === null ? null : this.packages.uploaded(packagesOf(spec.env))
        const isFitting = this.capacity.lacking(resources) === null
        if (isFitting && uploads === null) return send()
        uploads?.catch(() => {})
        const sent = (isFitting ? Promise.resolve(null) : this.capacity.lackingNow(resources)).then(
          async (lacking) => {
            if (lacking !== null)
              return this.calls.fail(ready, failureOf('error', `${spec.name} can never run: ${lacking}`))
            await uploads
            if (ready.state === 'waiting') send()
          },
        )
        sent.catch((error: Error) => this.calls.fail(ready, environmentFailure(error)))
        this.#uploading.set(spec.id, sent)
        void sent.finally(() => this.#uploading.delete(spec.id)).catch(() => {})
      },
    )
    this.calls.admit(call, (ready) => ready.send!())
    if (this.#isShutDown) this.calls.fail(call, failureOf('shutdown', 'the executor is shut down'))
  }

  /** Of a worker process: what a call that runs here, or an actor that lives here, is part of. */
  originOf: (id: string) => Origin | null = () => null

  /** Calls that tasks make are part of what these are part of. */
  #withOrigin<S extends CallSpec>(spec: S): S {
    const origin = spec.parent === null ? null : this.originOf(spec.parent)
    const job = spec.job ?? origin?.job
    // The one that began it may outlive who made it.
    if (job !== undefined && job !== spec.id) this.progress.made(job)
    return origin === null ? spec : { ...spec, ...origin }
  }

  /** Calls whose packages are on their way into Redis, or that wait for who could run them. */
  readonly #uploading = new Map<string, Promise<void>>()

  /** A call that was made is in its queue, or has failed. Rejects if its packages could not be put into Redis. */
  async stored(id: string): Promise<void> {
    await this.#uploading.get(id)
    await this.calls.stored()
  }

  cancel(id: string, options: CancelOptions): void {
    const call = this.calls.pending.get(id)
    if (options.recursive) this.cancelChildren(id, options)
    if (call !== undefined) this.#failCancelled(call)
    // One that was cancelled may run on: then it is to end now.
    else if (!options.force && !this.objects.isExpected(`${id}.0`)) return
    void this.link.tellAll({ kind: 'cancel', call: id, options })
  }

  /** It may be held back here, where no worker hears of it. */
  #failCancelled(call: PendingCall): void {
    if (call.actor === null && call.place?.size === 1) void this.queues.remove(call.queue, call.id)
    this.calls.fail(call, cancelled(call.name, call.id))
  }

  /** By another process, which has its ref. */
  #cancelledElsewhere(id: string): void {
    const call = this.calls.pending.get(id)
    if (call !== undefined) this.#failCancelled(call)
  }

  /** The tasks that a task started from this process. */
  cancelChildren(id: string, options: CancelOptions): void {
    for (const each of [...this.calls.pending.values()]) if (each.parent === id) this.cancel(each.id, options)
  }

  /** Of a worker process: what its tasks have started for a driver that is gone, or whose job is over. */
  cancelCallsFor(driver: string): void {
    for (const { id, driver: whose } of [...this.calls.pending.values()])
      if (whose === driver) this.cancel(id, { force: true, recursive: true })
  }

  // Whether a task waits matters to the worker that runs it.
  block(): void {}
  unblock(): void {}

  // --- actors ---

  createActor(spec: ActorSpec): void {
    this.#announcements.shape(shapeOfActor(spec))
    const origin = spec.parent === null ? null : this.originOf(spec.parent)
    const actor =
      origin === null
        ? spec
        : { ...spec, driver: origin.driver, ...(origin.keptBy !== undefined && { keptBy: origin.keptBy }) }
    this.functions.use(functionsOf(actor), actor.driver ?? this.link.id)
    if (spec.options.detached) this.functions.give(spec.fn, spec.id)
    this.#actors.create(actor)
  }

  callActor(spec: ActorCallSpec): void {
    const call = this.#withOrigin(spec)
    const functions = functionsOf(call)
    this.functions.use(functions, call.driver ?? this.link.id)
    this.#actors.call(call, functions)
  }

  killActor(id: string, noRestart: boolean): void {
    this.#actors.kill(id, noRestart)
  }

  findActor(name: string): Promise<ActorInfo | null> {
    return this.#whileWaiting(this.#actors.find(name))
  }

  holdActor(id: string): void {
    this.#actors.hold(id)
  }

  releaseActor(id: string): void {
    this.#actors.release(id)
  }

  shareActor(id: string): void {
    this.#actors.share(id)
  }

  // --- objects ---

  put(id: string, value: Packed, parent: string | null): void {
    this.objects.share(refsOf(value))
    const origin = parent === null ? null : this.originOf(parent)
    this.objects.put(
      id,
      { ok: true, value },
      origin === null || origin.keptBy !== undefined ? null : origin.driver,
    )
  }

  outcome(id: string): Promise<Outcome> {
    return this.objects.outcome(id)
  }

  isSettled(id: string): boolean {
    return this.objects.isSettled(id)
  }

  settled(id: string): Promise<void> {
    return new Promise((resolve) => this.objects.whenSettled(id, () => resolve()))
  }

  free(ids: readonly string[]): void {
    for (const id of ids) this.objects.free(id)
  }

  hold(id: string): void {
    if (!this.#isShutDown) this.objects.hold(id)
  }

  release(id: string): void {
    if (!this.#isShutDown) this.objects.release(id)
  }

  // --- the fleet ---

  runOnAllWorkers(spec: TaskSpec): Promise<void> {
    return this.#whileWaiting(this.#runOnAllWorkers(spec))
  }

  async #runOnAllWorkers(spec: TaskSpec): Promise<void> {
    const { keys, id } = this.link
    this.objects.share(refsOf(spec.args))
    const { frame } = encodeCalls([{ kind: 'task', spec, owner: id }], keys, SET_UP)
    await this.#announcements.setUp(frame)
    await this.capacity.refresh()
    const answers = await this.requests.askUntilDone('set-up', spec.id, this.capacity.nodes.keys())
    for (const [node, failure] of answers)
      if (failure !== null) throw new Error(`${spec.name} failed on ${node}: ${String(failure)}`)
  }

  describe(): Promise<Description> {
    return this.#whileWaiting(describeFleet(this, this.functions.all().map(describeFunction)))
  }

  /** What is asked of the fleet just now: how each rejects. */
  readonly #asked = new Set<(error: Error) => void>()

  #whileWaiting<T>(work: Promise<T>): Promise<T> {
    this.link.alive.begin()
    return new Promise<T>((resolve, reject) => {
      this.#asked.add(reject)
      const over = () => {
        this.#asked.delete(reject)
        this.link.alive.end()
      }
      work.finally(over).then(resolve, reject)
    })
  }

  failure: Failure | null = null

  /** Answers of Redis are lost, and those who wait for them wait for ever, here as in its clients. */
  #stop(): void {
    const failure = failureOf('error', `${THEN_INHERITED}. Answers of the fleet were lost: ${RESTART}`)
    this.failure = failure
    this.objects.failPending(failure)
    for (const reject of this.#asked) reject(errorOf(failure))
  }

  #receive(entries: readonly Entry[]): void {
    for (const { stream, fields, message, frames } of entries) {
      if (stream === this.link.keys.logs(this.link.id)) this.#print(fields)
      else if (message !== null) this.#take(message, frames)
    }
  }

  #take(message: Message, frames: readonly Buffer[]): void {
    switch (message.kind) {
      case 'done':
        return this.calls.done(message, frames)
      case 'object':
        return this.objects.fetch(message.id)
      case 'answer':
        return this.requests.answered(message)
      case 'node-joined':
        return void this.capacity.refresh()
      case 'export':
        return this.functions.again(message.hash)
      case 'package':
        return this.packages.again(message.uri)
      case 'cancel':
        this.#cancelledElsewhere(message.call)
        return this.onMessage(message)
      default:
        return this.onMessage(message)
    }
  }

  /** See settle.ts. */
  #takeDone(message: Buffer): void {
    const { words, at: begin } = wordsOf(message)
    const calls: [id: string, results: number][] = []
    const frames: Buffer[] = []
    for (let i = 1, at = begin; i < words.length; ) {
      const id = words[i++]!
      const results = Number(words[i++])
      // Whoever may say something may say anything.
      if (!isCount(results) || results > words.length - i) return
      calls.push([id, results])
      for (let left = results; left > 0; left--) {
        const size = Number(words[i++])
        if (!isCount(size) || at + size > message.length) return
        frames.push(message.subarray(at, (at += size)))
      }
    }
    this.calls.done({ kind: 'done', calls }, frames)
  }

  #print(fields: ReadonlyMap<string, Buffer>): void {
    const text = (name: string) => fields.get(name)?.toString() ?? ''
    const stream = text('stream') === 'stderr' ? 'stderr' : 'stdout'
    this.#logs.take(stream, text('text'), text('worker'), text('task') || null)
  }

  /** Goes, and leaves its calls and their results for so long. */
  async leave(keepFor: number): Promise<void> {
    this.#isShutDown = true
    this.onShutdown()
    await this.functions.leave(keepFor)
    await this.packages.keep(keepFor)
    await this.progress.tell()
    this.calls.abandon()
    await this.queues.close()
    await this.link.close(keepFor)
  }

  /** Calls whose refs others may have by now, and wait for what nobody will do: of a driver, actors that outlive it. */
  async #giveUpCalls(): Promise<void> {
    const { settler, id: owner, kind } = this.link
    const calls = [...this.calls.pending.values()].filter(
      ({ results }) => kind === 'node' || results.some((id) => this.objects.isGiven(id)),
    )
    const whose = kind === 'node' ? 'the worker process whose task made it' : 'the driver that made it'
    const settled = calls.map(({ id, name, place, results }) => {
      const message = `task ${name} (${id}) was given up: ${whose} has ended`
      const outcomes = results.map((): Outcome => ({ ok: false, failure: failureOf('lost', message) }))
      return settler.settled({ call: id, place: place ?? placeAlone(id), owner, outcomes })
    })
    await Promise.all(settled).catch(() => {})
  }

  async shutdown(): Promise<void> {
    if (this.#isShutDown) return
    this.#isShutDown = true
    this.onShutdown()
    this.link.alive.begin()
    const { redis, keys, id } = this.link
    const failure = failureOf('shutdown', 'the executor was shut down before the task was done')
    for (const reject of this.#asked) reject(errorOf(failure))
    this.requests.close()
    if (redis.status === 'ready') await Promise.all([this.#giveUpCalls(), this.#actors.started()])
    // From here on, here as in the workers that are told below.
    this.link.settler.ownerLeft(id)
    const batches = new Map<string, string>()
    for (const { place, queue, beside } of this.calls.pending.values()) {
      if (place !== null) batches.set(place.batch, queue)
      if (beside !== null) this.objects.forget(beside.keys)
    }
    this.calls.abandon()
    this.objects.failPending(failure)
    if (redis.status === 'ready') {
      await Promise.all([
        this.link.tellAll({ kind: 'driver-gone', driver: id }),
        this.#actors.shutdown(failure),
        this.#announcements.withdraw(),
        ...[...batches.keys()].map((batch) => redis.unlink(keys.call(batch), keys.batch(batch))),
        ...[...batches].map(([batch, queue]) => this.queues.remove(queue, batch)),
        this.functions.clear(),
        this.objects.clear(),
        this.progress.tell(),
      ]).catch(() => {})
    }
    this.#logs.flush()
    await this.queues.close()
    await this.link.close()
  }
}

const RESTART = 'take it away (delete Object.prototype.then), then call shutdown() and init() again'
