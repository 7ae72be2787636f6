// What a worker has to run before its first call: the hook of its environment, then the functions that run on all workers.

import { clearTimeout, setTimeout } from '../../serializer/globals.ts'
import { allOver } from '../../serializer/promises.ts'
import type { TaskSpec } from '../executor.ts'
import { errorOf, type Failure } from '../failures.ts'
import { taskOptionsOf } from '../options.ts'
import { Kind } from '../worker/protocol.ts'
import { HOOK_TURN, NO_TURN } from '../worker/turns.ts'
import { Call } from './calls.ts'
import type { LocalWorker } from './workers.ts'

/** What the set-ups need of the executor. */
export interface SetUpCore {
  run(call: Call, worker: LocalWorker): void
  /** Nothing is to run on it. */
  unfit(worker: LocalWorker, failure: Failure): void
  /** It does not come out of code that nobody wants any more, and ends. */
  stuck(worker: LocalWorker, reason: string): void
}

/** Milliseconds. A worker ends that has been in one piece of a dropped set-up's code from one look to the next. */
const LOOK = 500
/** So many looks where it is not known whose code it is in. */
const LOOKS = 20

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
      for (const { id } of dropped) this.#abort(worker, worker.calls.get(idAt(worker, id)))
    }
    return dropped
  }

  /**
   * One that never ends would hold up for ever what others run there. A worker that does not hear of it may be in code of
   * theirs, or slow: it is waited for.
   */
  #abort(worker: LocalWorker, call: Call | undefined): void {
    if (call === undefined) return
    worker.host.send(['abort', call.id])
    const own = call.target.kind === Kind.SetUp ? call.target.turn : 0
    let seen = NO_TURN
    let looks = 0
    const look = () => {
      if (worker.isEnded || worker.calls.get(call.id) !== call) return
      const { changes, turn } = worker.host.turns ?? NO_TURN
      looks = worker.isUp && changes === seen.changes && turn === seen.turn ? looks + 1 : 0
      seen = { changes, turn }
      const isStuck = looks > 0 && turn === own
      if (isStuck || (looks >= LOOKS && turn === 0 && !hasBegunAny(worker)))
        this.#core.stuck(worker, `${call.name}, which a driver that left had run on all workers, did not end`)
      else setTimeout(look, LOOK).unref()
    }
    setTimeout(look, LOOK).unref()
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
    const turn = HOOK_TURN - 1 - this.#specs.indexOf(spec)
    this.#core.run(new Call({ kind: Kind.SetUp, spec: { ...spec, id }, turn }, onEnd), worker)
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

/** Whether the code that the worker is in may be a task's or an actor's. */
function hasBegunAny({ calls, host }: LocalWorker): boolean {
  for (const { target, claim } of calls.values())
    if (target.kind !== Kind.SetUp && (claim === 0 || host.claims!.hasBegun(claim))) return true
  return false
}

function idAt(worker: LocalWorker, id: string): string {
  return `${id}-${worker.name}`
}
