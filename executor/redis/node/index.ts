// A worker process of a fleet: takes calls from the queues in Redis and runs them in worker threads, so that no code of
// users is ever on the thread that renews the locks. Calls that its tasks make go back to the fleet.
import { availableParallelism, hostname } from 'node:os'
import { toJson } from '../../../runtime-env/json.ts'
import { lackingForThread } from '../../local/headroom.ts'
import type { LocalHooks, Printed } from '../../local/hooks.ts'
import type { Host } from '../../local/host.ts'
import { LocalExecutor } from '../../local/index.ts'
import type { LocalWorker } from '../../local/workers.ts'
import type { InitOptions } from '../../options.ts'
import { enginesHere } from '../../processes/engines.ts'
import { ProcessHost } from '../../processes/index.ts'
import type { EnvironmentSettings } from '../../processes/manager.ts'
import { Thread } from '../../threads/thread.ts'
import { within } from '../../within.ts'
import { dropCall } from '../call-keys.ts'
import type { NodeLease } from '../capacity.ts'
import type { NodeDescription } from '../describe.ts'
import { RedisExecutor } from '../index.ts'
import { Link, type LinkSettings } from '../link.ts'
import type { Message } from '../messages.ts'
import { checkVersions, versionsHere } from '../version.ts'
import { HostedActors } from './actors.ts'
import { CallRunner } from './call-runner.ts'
import { OwnWorkers } from './own-workers.ts'
import { FleetSetUps } from './set-ups.ts'
import { Supplies } from './supplies.ts'
import { TaskIntakes } from './tasks.ts'
import { Tenure } from './tenure.ts'
import { tellEnd } from './thread-ends.ts'

export interface WorkerOptions extends LinkSettings, EnvironmentSettings {
  /** For people: in errors, logs and lists. */
  readonly name?: string
  readonly numCpus?: number
  readonly resources?: Readonly<Record<string, number>>
  readonly resourceLimits?: InitOptions['resourceLimits']
  readonly allowVersionMismatch?: boolean
  /** Milliseconds: what a worker process had that is dead for so long goes to others. 10 seconds unless said otherwise. */
  readonly recoverAfter?: number
  /**
   * Milliseconds: an actor with a worker of its own (a thread, or in an environment a process) waits so long for a worker
   * process that has memory for it, before it dies of that. 60 seconds unless said otherwise.
   */
  readonly waitForRoom?: number
}

const LOG_LENGTH = 10_000
/** Milliseconds: see WorkerOptions. */
const RECOVER_AFTER = 10_000
/** Of that: who tries again later may have lost what it had, though it lives, and Redis was away for a moment. */
const LONGEST_WAIT = 1 / 6

/** Milliseconds that it may take to end what is not over at the end of the grace: a machine may be busy, or a container's engine. */
const ENDING = 10_000

export class FleetNode {
  readonly name: string
  readonly #fleet: RedisExecutor
  readonly #local: LocalExecutor
  readonly #runner: CallRunner
  readonly #tasks: TaskIntakes
  readonly #actors: HostedActors
  readonly #ownWorkers: OwnWorkers
  readonly #setUps: FleetSetUps

  private constructor(
    fleet: RedisExecutor,
    name: string,
    resources: Readonly<Record<string, number>>,
    recoverAfter: number,
    options: WorkerOptions,
  ) {
    this.name = name
    this.#fleet = fleet
    const limits: InitOptions =
      options.resourceLimits === undefined ? {} : { resourceLimits: options.resourceLimits }
    const cpus = Math.ceil(resources.CPU!)
    const tenure = new Tenure()
    const host: Host = {
      workerName: `${name}/thread`,
      isThisThread: false,
      // Beyond the slots, threads are for calls that wait for others; with that many, they share.
      maxWorkers: 2 * cpus + 2,
      maxShared: Math.max(cpus, 1),
      lackingForActor: lackingForThread,
      start: (thread, onMessage, onEnd) => new Thread(thread, onMessage, onEnd, limits, true, tenure.term),
    }
    const hooks: LocalHooks = {
      executor: fleet,
      objects: fleet.objects,
      printed: (worker, line) => this.#printed(worker, line),
      workerEnded: tellEnd,
      roomChanged: () => this.#tasks?.look(),
      withdrawLost: () => tenure.ask(),
      takenBack: (id) => this.#runner.takenBack(id),
      passesOn: (actor, lacking) => this.#actors.passesOn(actor, lacking),
      actorChanged: (actor) => this.#actors.changed(actor),
    }
    const { CPU, ...custom } = resources
    const slots: InitOptions = { numCpus: CPU!, resources: custom, ...limits }
    const environments = new ProcessHost({
      workerName: `${name}/process`,
      options: slots,
      addPackage: (pkg) => fleet.addPackage(pkg),
      manager: async () => {
        const { makeEnvManager } = await import('../../processes/manager.ts')
        return makeEnvManager(fleet.packages, options)
      },
    })
    this.#local = new LocalExecutor({ engine: 'redis', host, environments, options: slots, hooks })
    const supplies = new Supplies(fleet, this.#local)
    this.#setUps = new FleetSetUps(fleet, this.#local, supplies)
    this.#runner = new CallRunner(fleet, this.#local, supplies, recoverAfter)
    this.#ownWorkers = new OwnWorkers(
      fleet.link,
      this.#local,
      fleet.capacity,
      options.waitForRoom ?? 60_000,
      (queue) => this.#tasks.lookAt(queue),
    )
    this.#actors = new HostedActors(this.#runner, this.#ownWorkers)
    this.#tasks = new TaskIntakes(
      this.#runner,
      resources,
      this.#ownWorkers,
      tenure,
      (job, wire, queue, placed) => this.#actors.start(job, wire, queue, placed),
      (id) => this.#actors.lost(id),
    )
    fleet.link.onBeat(() => void this.#checkDrivers().catch(() => {}))
    fleet.originOf = (id) => this.#runner.originOf(id) ?? this.#actors.originOf(id)
    fleet.onMessage = (message) => this.#receive(message)
    fleet.link.settler.isBusy = () => this.#tasks.isBusy || this.#actors.isBusy
  }

  static async start(options: WorkerOptions): Promise<FleetNode> {
    const { name = `${hostname()}-${process.pid}`, recoverAfter = RECOVER_AFTER } = options
    const resources = { CPU: options.numCpus ?? availableParallelism(), ...options.resources }
    const always = { ...versionsHere, name, pid: process.pid, resources, engines: enginesHere() }
    let lacking = (): NodeLease['lacking'] => ({})
    const lease = () => toJson({ ...always, lacking: lacking() })
    const link = await Link.open(
      'node',
      { ...options, longestWait: recoverAfter * LONGEST_WAIT },
      lease,
      (redis, keys) => checkVersions(redis, keys, options.allowVersionMismatch ?? false),
      false,
    )
    const fleet = new RedisExecutor(link, false)
    const node = new FleetNode(fleet, name, resources, recoverAfter, options)
    lacking = () => node.#ownWorkers.lacking
    await fleet.capacity.refresh()
    // One that is refused or fails keeps nobody out.
    await node.#setUps
      .run(null)
      .catch((error: Error) => process.emitWarning(error.message, { type: 'SetUpWarning' }))
    for (const shape of await link.redis.smembers(link.keys.shapes)) node.#add(shape)
    await link.tellAll({ kind: 'node-joined', node: link.id })
    return node
  }

  #add(shape: string): void {
    this.#tasks.add(shape)
  }

  #receive(message: Message): void {
    switch (message.kind) {
      case 'shape':
        return this.#add(message.shape)
      case 'cancel':
        return this.#cancel(message)
      case 'mail':
        return this.#actors.mail(message.queue)
      case 'kill':
        return this.#actors.kill(message.actor, message.noRestart, message.from, message.epoch)
      case 'driver-gone':
        this.#fleet.link.settler.ownerLeft(message.driver)
        return this.#driverGone(message.driver)
      case 'job-over':
        return this.#endStarted(message.driver)
      case 'ask':
        return void this.#answer(message)
    }
  }

  #cancel({ call, options }: Extract<Message, { kind: 'cancel' }>): void {
    if (options.recursive) this.#fleet.cancelChildren(call, options)
    this.#runner.cancel(call, options)
  }

  /** One that is killed does not say that it goes. */
  async #checkDrivers(): Promise<void> {
    for (const driver of new Set([
      ...this.#runner.owners(),
      ...this.#fleet.functions.drivers(),
      ...this.#setUps.drivers(),
    ]))
      if (!(await this.#fleet.drivers.isAlive(driver))) this.#driverGone(driver)
  }

  /** Its tasks run for nobody. */
  #driverGone(driver: string): void {
    this.#fleet.drivers.forget(driver)
    this.#fleet.functions.forgetDriver(driver)
    // Nobody else would drop their arguments.
    for (const batch of this.#runner.batchesOf(driver)) dropCall(this.#fleet.link, batch).catch(() => {})
    for (const call of this.#runner.callsOf(driver)) {
      this.#fleet.cancelChildren(call, { force: true, recursive: true })
      this.#local.cancel(call, { force: true, recursive: true })
      this.#runner.cancel(call, { force: true, recursive: true })
    }
    for (const call of this.#runner.goingOnFor(driver))
      this.#local.cancel(call, { force: true, recursive: false })
    this.#endStarted(driver)
    this.#setUps.drop(driver)
    this.#fleet.objects.forgetDriver(driver)
  }

  /** What the driver's tasks have started goes with it, wherever it is: each process ends what was started there. */
  #endStarted(driver: string): void {
    this.#fleet.cancelCallsFor(driver)
    this.#actors.driverGone(driver)
  }

  async #answer({ what, call, from, request }: Extract<Message, { kind: 'ask' }>): Promise<void> {
    const answer =
      what === 'describe'
        ? await this.describe()
        : await this.#setUps.run(call ?? null).then(() => null, String)
    this.#fleet.link.tell(from, { kind: 'answer', request, node: this.#fleet.link.id, answer })
  }

  async describe(): Promise<NodeDescription> {
    const { functions, objects, ...all } = await this.#local.describe()
    return { ...all, name: this.name }
  }

  /** To the driver that it was printed for. */
  #printed(worker: LocalWorker, { stream, text, task, call, actor }: Printed): void {
    const owner =
      (call === null ? null : this.#runner.originOf(call)?.driver) ??
      (actor === null ? null : this.#actors.driverOf(actor)) ??
      this.#runner.driverOf(worker) ??
      this.#driverOfActors(worker)
    if (owner === null) return
    const { redis, keys } = this.#fleet.link
    const key = keys.logs(owner)
    redis
      .xadd(
        key,
        'MAXLEN',
        '~',
        LOG_LENGTH,
        '*',
        'stream',
        stream,
        'worker',
        worker.name,
        'task',
        task ?? '',
        'text',
        text,
      )
      .catch(() => {})
    redis.pexpire(key, 3_600_000).catch(() => {})
  }

  /** Of what no code printed: V8, or a program that it started. */
  #driverOfActors({ actors }: LocalWorker): string | null {
    for (const { spec } of actors ?? []) return this.#actors.driverOf(spec.id)
    return null
  }

  get isConnected(): boolean {
    return this.#fleet.link.isConnected
  }

  #ending: Promise<void> | null = null

  #endWorkers(): Promise<void> {
    this.#runner.isClosing = true
    this.#ending ??= this.#local.shutdown()
    return this.#ending
  }

  /** Takes no more, lets what runs end for so long, gives back the rest, and leaves. */
  async close(grace = 30_000): Promise<void> {
    this.#actors.stop()
    await this.#tasks.stop()
    await within(grace, this.#runner.idle())
    this.#ownWorkers.close()
    await within(ENDING, this.#endWorkers())
    await this.#runner.idle()
    await this.#actors.close()
    // Of some of what was taken, Redis was being asked something, or told: that is under way nowhere.
    await within(ENDING, this.#tasks.idle())
    await this.#tasks.close()
    this.#fleet.link.alive.end()
    await this.#fleet.shutdown()
  }

  /**
   * At once, or after `close`. False if a thread goes on for more than so many milliseconds: it waits in a call that nothing
   * interrupts, for a program that it has started, say.
   */
  end(most: number): Promise<boolean> {
    void this.#endWorkers()
    return this.#local.areThreadsOver(most)
  }
}
