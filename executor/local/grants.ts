// Objects that workers have refs to: each is held for the worker, as often as a ref was given to it, until the worker says
// that it forgot them, or ends. And functions that they call.
import { type Executor, resultId } from '../executor.ts'
import { type Packed, refsOf } from '../payload.ts'
import type { LocalWorker } from './workers.ts'

/** Where the objects are: this process's store, or the fleet's. */
export interface HeldObjects {
  expect(id: string): void
  hold(id: string): void
  release(id: string, count?: number): void
}

export class Grants {
  readonly #objects: HeldObjects
  readonly #functions: Pick<Executor, 'holdFunction' | 'releaseFunction'>

  constructor(objects: HeldObjects, functions: Pick<Executor, 'holdFunction' | 'releaseFunction'>) {
    this.#objects = objects
    this.#functions = functions
  }

  /** The worker makes the object, and has a ref to it. */
  grantNew(worker: LocalWorker, id: string): void {
    this.#objects.expect(id)
    this.#grant(worker, id)
  }

  /** The same for the results of a call. */
  grantResults(worker: LocalWorker, call: string, count: number): void {
    for (let i = 0; i < count; i++) this.grantNew(worker, resultId(call, i))
  }

  /** The worker is about to have the refs that are in the value. */
  grantInside(worker: LocalWorker, value: Packed): void {
    for (const id of refsOf(value)) this.#grant(worker, id)
  }

  #grant({ grants }: LocalWorker, id: string): void {
    grants.set(id, (grants.get(id) ?? 0) + 1)
    this.#objects.hold(id)
  }

  forget({ grants }: LocalWorker, id: string, count: number): void {
    const known = grants.get(id) ?? 0
    if (known > count) grants.set(id, known - count)
    else grants.delete(id)
    if (known > 0) this.#objects.release(id, Math.min(known, count))
  }

  /** A function that the worker calls. */
  grantFunction({ functions }: LocalWorker, hash: string): void {
    if (functions.has(hash)) return
    functions.add(hash)
    this.#functions.holdFunction(hash)
  }

  forgetFunction({ functions }: LocalWorker, hash: string): void {
    if (functions.delete(hash)) this.#functions.releaseFunction(hash)
  }

  forgetAll({ grants, functions }: LocalWorker): void {
    for (const [id, count] of grants) this.#objects.release(id, count)
    grants.clear()
    for (const hash of functions) this.#functions.releaseFunction(hash)
    functions.clear()
  }
}
