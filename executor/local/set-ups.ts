// What a worker has to run before its first call: the hook of its environment, then the functions that run on all workers.

import { clearTimeout, setTimeout } from '../../serializer/globals.ts'
import { allOver } from '../../serializer/promises.ts'
import type { TaskSpec } from '../executor.ts'
import { errorOf, type Failure } from '../failures.ts'
import { taskOptionsOf } from '../options.ts'
import { Kind } from '../worker/protocol.ts'
import { Call } from './calls.ts'
import type { LocalWorker } from './workers.ts'

/** What the set-ups need of the executor. */
export interface SetUpCore {
  run(call: Call, worker: LocalWorker): void
  /** Nothing is to run on it. */
  unfit(worker: LocalWorker, failure: Failure): void
  /** It does not come out of code that nobody wants any more. */
  stuck(worker: LocalWorker, reason: string): void
}

/** How long a worker may take to leave a set-up that was dropped. */
const PATIENCE = 1_000

export class SetUps {
  /** In their order; null in the place of those that were dropped. */
  readonly #specs: (TaskSpec | null)[] = []
  readonly #core: SetUpCore

  constructor(core: SetUpCore) {
    this.#core = core
  }

  add(spec: TaskSpec): void {
    this.#specs.push(spec)
  }

  /** Those of a driver that has left: workers run them no more, and those where one failed take calls again. */
  drop(driver: string, workers: readonly LocalWorker[]): readonly TaskSpec[] {
    const dropped: TaskSpec[] = []
    for (const [i, spec] of this.#specs.entries()) {
      if (spec === null || spec.driver !== driver) continue
      dropped.push(spec)
      this.#specs[i] = null
    }
    for (const worker of workers) {
      const { size } = worker.failedSetUps
      for (const { id } of dropped) worker.failedSetUps.delete(id)
      if (size > 0 && worker.failedSetUps.size === 0) worker.host.send(['fit'])
      for (const { id, name } of dropped) this.#abort(worker, idAt(worker, id), name)
    }
    return dropped
  }

  /** One that never ends would hold up for ever what others run there. */
  #abort(worker: LocalWorker, call: string, name: string): void {
    if (!worker.calls.has(call)) return
    worker.host.send(['abort', call])
    const look = () => {
      if (!worker.isEnded && worker.calls.has(call))
        this.#core.stuck(worker, `${name}, which a driver that left had run on all workers, did not end`)
    }
    setTimeout(look, PATIENCE).unref()
  }

  /** All that the worker has not had yet. Nothing of it has to be waited for: its next call comes behind. */
  bring(worker: LocalWorker): void {
    if (worker.env !== null && !worker.isHooked) this.#hook(worker)
    if (worker.setUps < this.#specs.length) void this.complete(worker).catch(() => {})
  }

  async complete(worker: LocalWorker): Promise<void> {
    const missing = this.#specs.slice(worker.setUps)
    worker.setUps = this.#specs.length
    await allOver(
      missing.flatMap((spec) =>
        spec === null
          ? []
          : [
              new Promise<void>((resolve, reject) =>
                this.#run(worker, spec, (failure) => {
                  if (failure === null) return resolve()
                  this.#failed(worker, spec)
                  reject(errorOf(failure))
                }),
              ),
            ],
      ),
    )
  }

  #failed(worker: LocalWorker, spec: TaskSpec): void {
    if (this.#specs.includes(spec)) worker.failedSetUps.add(spec.id)
    // It was dropped meanwhile.
    else if (worker.failedSetUps.size === 0 && !worker.isEnded) worker.host.send(['fit'])
  }

  #run(worker: LocalWorker, spec: TaskSpec, onEnd: (failure: Failure | null) => void): void {
    const id = idAt(worker, spec.id)
    this.#core.run(new Call({ kind: Kind.SetUp, spec: { ...spec, id } }, onEnd), worker)
  }

  #hook(worker: LocalWorker): void {
    worker.isHooked = true
    const { key, fields, setupTimeout } = worker.env!
    const { setupHook } = fields
    if (typeof setupHook !== 'string') return
    const spec: TaskSpec = {
      ...{ id: `hook-${key.slice(0, 8)}`, name: 'setupHook', parent: null, fn: setupHook, env: worker.env },
      ...{ options: taskOptionsOf({}), retryOn: null, trace: null, args: { plain: [] }, deps: [] },
    }
    worker.isInHook = true
    let timer: NodeJS.Timeout | null = null
    void worker.host.ready?.then(() => {
      if (worker.isEnded || timer !== null) return
      timer = setTimeout(
        () => end({ kind: 'timeout', message: `it took longer than ${setupTimeout} ms` }),
        setupTimeout,
      )
    })
    const end = (failure: Failure | null) => {
      worker.isInHook = false
      if (timer !== null) clearTimeout(timer)
      if (failure === null) return
      this.#core.unfit(worker, {
        ...failure,
        kind: 'environment',
        message: `the environment's setupHook failed: ${failure.message}`,
      })
    }
    this.#run(worker, spec, end)
  }
}

function idAt(worker: LocalWorker, id: string): string {
  return `${id}-${worker.name}`
}
