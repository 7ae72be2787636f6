// The executor as the code of a task has it, in a worker thread: messages to the one of the driver.

import type { LocalPackage } from '../../runtime-env/types.ts'
import { Error, Number } from '../../serializer/globals.ts'
import { promiseOf } from '../../serializer/promises.ts'
import type {
  ActorCallSpec,
  ActorInfo,
  ActorSpec,
  CancelOptions,
  Description,
  Executor,
  Exported,
  Outcome,
  TaskSpec,
} from '../executor.ts'
import { resultId } from '../executor.ts'
import { MOST_FUNCTIONS } from '../functions.ts'
import { Kept } from '../kept.ts'
import { type Packed, refsOf, transferListOf } from '../payload.ts'
import { OwnMap, OwnSet } from './own-methods.ts'
import type { ClientMessage } from './protocol.ts'

export class WorkerClient implements Executor {
  readonly engine: Executor['engine']
  readonly #post: (message: ClientMessage, transfer?: readonly ArrayBuffer[]) => void
  readonly #requests = new OwnMap<number, (answer: unknown) => void>()
  #lastRequest = 0
  /** Refs alive here, and how many times the driver was told to keep the object for this worker. */
  readonly #refs = new OwnMap<string, { alive: number; grants: number }>()
  readonly #settled = new OwnSet<string>()

  constructor(
    engine: Executor['engine'],
    post: (message: ClientMessage, transfer?: readonly ArrayBuffer[]) => void,
  ) {
    this.engine = engine
    this.#post = post
  }

  answer(request: number, answer: unknown): void {
    this.#requests.get(request)?.(answer)
    this.#requests.delete(request)
  }

  /** `answered` is told first. */
  #ask<T>(message: (request: number) => ClientMessage, answered?: (answer: T) => void): Promise<T> {
    return promiseOf((resolve) => {
      const request = ++this.#lastRequest
      this.#requests.set(request, (answer) => {
        answered?.(answer as T)
        resolve(answer as T)
      })
      this.#post(message(request))
    })
  }

  /** What the driver keeps for this worker. */
  readonly #exported = new Kept<null>(MOST_FUNCTIONS, Number.POSITIVE_INFINITY, (hash) =>
    this.#post(['forgetFunction', hash]),
  )

  hasFunction(hash: string): boolean {
    return this.#exported.get(hash) !== undefined
  }

  exportFunction(fn: Exported): void {
    if (this.hasFunction(fn.hash)) return
    this.#post(['export', fn])
    this.#exported.add(fn.hash, null, 0)
  }

  // The driver does, until it is told otherwise.
  holdFunction(): void {}
  releaseFunction(): void {}

  addPackage(pkg: LocalPackage): void {
    this.#post(['addPackage', pkg])
  }

  // The executor says so, when it is submitted.
  lackingFor(): null {
    return null
  }

  submit(task: TaskSpec): void {
    for (let i = 0; i < task.options.numReturns; i++) this.#granted(resultId(task.id, i))
    this.#post(['submit', task], transferListOf(task.args))
  }

  callActor(call: ActorCallSpec): void {
    for (let i = 0; i < call.options.numReturns; i++) this.#granted(resultId(call.id, i))
    this.#post(['callActor', call], transferListOf(call.args))
  }

  createActor(actor: ActorSpec): void {
    this.#post(['createActor', actor], transferListOf(actor.args))
  }

  put(id: string, value: Packed, parent: string | null): void {
    this.#granted(id)
    this.#settled.add(id)
    this.#post(['put', id, value, parent], transferListOf(value))
  }

  outcome(id: string): Promise<Outcome> {
    return this.#ask(
      (request) => ['outcome', request, id],
      (outcome) => {
        this.#settled.add(id)
        if (outcome.ok) this.takeGrants(outcome.value)
      },
    )
  }

  isSettled(id: string): boolean {
    return this.#settled.has(id)
  }

  async settled(id: string): Promise<void> {
    await this.#ask((request) => ['settled', request, id])
    this.#settled.add(id)
  }

  free(ids: readonly string[]): void {
    for (const id of ids) this.#settled.delete(id)
    this.#post(['free', ids])
  }

  /** The driver keeps what a value's refs stand for, as long as they live here. */
  takeGrants(value: Packed): void {
    for (const id of refsOf(value)) this.#granted(id)
  }

  #granted(id: string): void {
    const known = this.#refs.get(id)
    if (known === undefined) this.#refs.set(id, { alive: 0, grants: 1 })
    else known.grants++
  }

  hold(id: string): void {
    const known = this.#refs.get(id)
    if (known === undefined) this.#refs.set(id, { alive: 1, grants: 0 })
    else known.alive++
  }

  release(id: string): void {
    const known = this.#refs.get(id)
    if (known === undefined || --known.alive > 0) return
    this.#refs.delete(id)
    this.#settled.delete(id)
    if (known.grants > 0) this.#post(['forget', id, known.grants])
  }

  block(call: string): void {
    this.#post(['block', call])
  }

  unblock(call: string): void {
    this.#post(['unblock', call])
  }

  cancel(call: string, options: CancelOptions): void {
    this.#post(['cancel', call, options])
  }

  killActor(actor: string, noRestart: boolean): void {
    this.#post(['killActor', actor, noRestart])
  }

  findActor(name: string): Promise<ActorInfo | null> {
    return this.#ask((request) => ['findActor', request, name])
  }

  // An actor that a worker knows of is kept until it is killed: who has handles is not counted across threads.
  holdActor(): void {}
  releaseActor(): void {}
  shareActor(): void {}

  async runOnAllWorkers(task: TaskSpec): Promise<void> {
    const failure = await this.#ask<string | null>((request) => ['runOnAllWorkers', request, task])
    if (failure !== null) throw new Error(failure)
  }

  describe(): Promise<Description> {
    return this.#ask((request) => ['describe', request])
  }

  async shutdown(): Promise<void> {}
}
