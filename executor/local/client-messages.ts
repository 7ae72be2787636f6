// What the code of a task asks of the executor, from its worker: answered as if it were the driver's own, by this process's
// executor or by the fleet's.
import type { Executor, Outcome } from '../executor.ts'
import { failureOf } from '../failures.ts'
import { copyOf, transferListOf } from '../payload.ts'
import type { ClientMessage } from '../worker/protocol.ts'
import type { Grants } from './grants.ts'
import type { LocalWorker } from './workers.ts'

/** `slots` has to know that a task waits. */
export function answerClient(
  executor: Executor,
  slots: Pick<Executor, 'block' | 'unblock'>,
  grants: Grants,
  worker: LocalWorker,
  message: ClientMessage,
): void {
  const answer = (request: number, value: unknown, transfer: readonly ArrayBuffer[] = []) => {
    if (!worker.isEnded) worker.host.send(['answer', request, value], transfer)
  }
  const answerOutcome = (request: number, outcome: Outcome) => {
    if (!outcome.ok) return answer(request, outcome)
    if (worker.isEnded) return
    const value = copyOf(outcome.value)
    grants.grantInside(worker, value)
    try {
      answer(request, { ok: true, value }, transferListOf(value))
    } catch (error) {
      answer(request, { ok: false, failure: failureOf('error', (error as Error).message) })
    }
  }
  switch (message[0]) {
    case 'export':
      executor.exportFunction(message[1])
      return grants.grantFunction(worker, message[1].hash)
    case 'forgetFunction':
      return grants.forgetFunction(worker, message[1])
    case 'addPackage':
      return executor.addPackage(message[1])
    case 'submit':
      grants.grantResults(worker, message[1].id, message[1].options.numReturns)
      return executor.submit(message[1])
    case 'callActor':
      grants.grantResults(worker, message[1].id, message[1].options.numReturns)
      return executor.callActor(message[1])
    case 'createActor':
      executor.createActor(message[1])
      return executor.shareActor(message[1].id)
    case 'put':
      grants.grantNew(worker, message[1])
      return executor.put(message[1], message[2], message[3])
    case 'outcome':
      return void executor.outcome(message[2]).then((outcome) => answerOutcome(message[1], outcome))
    case 'settled':
      return void executor.settled(message[2]).then(() => answer(message[1], null))
    case 'free':
      return executor.free(message[1])
    case 'forget':
      return grants.forget(worker, message[1], message[2])
    case 'block':
      return slots.block(message[1])
    case 'unblock':
      return slots.unblock(message[1])
    case 'cancel':
      return executor.cancel(message[1], message[2])
    case 'killActor':
      return executor.killActor(message[1], message[2])
    case 'findActor':
      return void executor.findActor(message[2]).then(
        (info) => {
          if (info !== null) executor.shareActor(info.id)
          answer(message[1], info)
        },
        () => answer(message[1], null),
      )
    case 'runOnAllWorkers':
      return void executor.runOnAllWorkers(message[2]).then(
        () => answer(message[1], null),
        (error: unknown) => answer(message[1], String(error)),
      )
    case 'describe':
      return void executor.describe().then((description) => answer(message[1], description))
  }
}
