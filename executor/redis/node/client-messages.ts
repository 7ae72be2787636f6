// What the code of tasks asks of the executor, from the worker threads of this process: it goes to the fleet.
import { type Outcome, resultId } from '../../executor.ts'
import type { LocalWorker } from '../../local/workers.ts'
import { copyOf, type Packed, transferListOf } from '../../payload.ts'
import type { ClientMessage } from '../../worker/protocol.ts'
import { refsOf } from '../calls.ts'
import type { RedisExecutor } from '../index.ts'

/** What has to know that a task waits. */
interface Slots {
  block(call: string): void
  unblock(call: string): void
}

export class ThreadClients {
  readonly #fleet: RedisExecutor
  readonly #slots: Slots
  /** Objects that a thread may have refs to, and how many holds on each. */
  readonly #grants = new WeakMap<LocalWorker, Map<string, number>>()

  constructor(fleet: RedisExecutor, slots: Slots) {
    this.#fleet = fleet
    this.#slots = slots
  }

  answer(worker: LocalWorker, message: ClientMessage): void {
    const fleet = this.#fleet
    const answer = (request: number, value: unknown, transfer: readonly ArrayBuffer[] = []) => {
      if (!worker.isEnded) worker.host.send(['answer', request, value], transfer)
    }
    switch (message[0]) {
      case 'export':
        return fleet.exportFunction(message[1])
      case 'submit':
        this.#grantResults(worker, message[1].id, message[1].options.numReturns)
        return fleet.submit(message[1])
      case 'callActor':
        this.#grantResults(worker, message[1].id, message[1].options.numReturns)
        return fleet.callActor(message[1])
      case 'createActor':
        fleet.createActor(message[1])
        return fleet.shareActor(message[1].id)
      case 'put':
        fleet.objects.expect(message[1])
        this.grant(worker, message[1])
        return fleet.put(message[1], message[2])
      case 'outcome':
        return void fleet.outcome(message[2]).then((outcome) => this.#send(worker, message[1], outcome))
      case 'settled':
        return void fleet.settled(message[2]).then(() => answer(message[1], null))
      case 'free':
        return fleet.free(message[1])
      case 'forget':
        return this.#forget(worker, message[1], message[2])
      case 'block':
        return this.#slots.block(message[1])
      case 'unblock':
        return this.#slots.unblock(message[1])
      case 'cancel':
        return fleet.cancel(message[1], message[2])
      case 'killActor':
        return fleet.killActor(message[1], message[2])
      case 'findActor':
        return void fleet.findActor(message[2]).then(
          (info) => {
            if (info !== null) fleet.shareActor(info.id)
            answer(message[1], info)
          },
          () => answer(message[1], null),
        )
      case 'runOnAllWorkers':
        return void fleet.runOnAllWorkers(message[2]).then(
          () => answer(message[1], null),
          (error: unknown) => answer(message[1], String(error)),
        )
      case 'describe':
        return void fleet.describe().then((description) => answer(message[1], description))
    }
  }

  #send(worker: LocalWorker, request: number, outcome: Outcome): void {
    if (worker.isEnded) return
    if (!outcome.ok) return worker.host.send(['answer', request, outcome])
    const value = copyOf(outcome.value)
    this.grantInside(worker, value)
    worker.host.send(['answer', request, { ok: true, value }], transferListOf(value))
  }

  #grantResults(worker: LocalWorker, call: string, count: number): void {
    for (let i = 0; i < count; i++) {
      const id = resultId(call, i)
      this.#fleet.objects.expect(id)
      this.grant(worker, id)
    }
  }

  /** The thread is about to have refs of its own: they count until it says that it forgot them. */
  grantInside(worker: LocalWorker, value: Packed): void {
    for (const id of refsOf(value)) this.grant(worker, id)
  }

  grant(worker: LocalWorker, id: string): void {
    let grants = this.#grants.get(worker)
    if (grants === undefined) this.#grants.set(worker, (grants = new Map()))
    grants.set(id, (grants.get(id) ?? 0) + 1)
    this.#fleet.objects.hold(id)
  }

  #forget(worker: LocalWorker, id: string, count: number): void {
    const grants = this.#grants.get(worker)
    const known = grants?.get(id) ?? 0
    const released = Math.min(known, count)
    if (known > count) grants!.set(id, known - count)
    else grants?.delete(id)
    if (released > 0) this.#fleet.objects.release(id, released)
  }

  workerEnded(worker: LocalWorker): void {
    const grants = this.#grants.get(worker)
    if (grants === undefined) return
    for (const [id, count] of grants) this.#fleet.objects.release(id, count)
    this.#grants.delete(worker)
  }
}
