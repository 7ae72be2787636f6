// What the code of a task asks of the executor, from its worker: answered as if it were the driver's own.
import { resultId } from '../executor.ts'
import { copyOf, type Packed, transferListOf } from '../payload.ts'
import type { ClientMessage } from '../worker/protocol.ts'
import type { LocalExecutor } from './index.ts'
import type { LocalWorker } from './workers.ts'

export function answerClient(executor: LocalExecutor, worker: LocalWorker, message: ClientMessage): void {
  const answer = (request: number, value: unknown, transfer: readonly ArrayBuffer[] = []) => {
    if (!worker.isEnded) worker.host.send(['answer', request, value], transfer)
  }
  switch (message[0]) {
    case 'export':
      return executor.exportFunction(message[1])
    case 'submit': {
      const [, spec] = message
      for (let i = 0; i < spec.options.numReturns; i++) grantNew(executor, worker, resultId(spec.id, i))
      return executor.submit(spec)
    }
    case 'callActor': {
      const [, spec] = message
      for (let i = 0; i < spec.options.numReturns; i++) grantNew(executor, worker, resultId(spec.id, i))
      return executor.callActor(spec)
    }
    case 'createActor': {
      executor.createActor(message[1])
      return executor.shareActor(message[1].id)
    }
    case 'put':
      grantNew(executor, worker, message[1])
      return executor.put(message[1], message[2])
    case 'outcome': {
      const [, request, id] = message
      return executor.store.whenSettled(id, (outcome) => {
        if (!outcome.ok) return answer(request, outcome)
        const value: Packed = copyOf(outcome.value)
        if (!('plain' in value)) for (const inner of value.refs ?? []) executor.grant(worker, inner)
        answer(request, { ok: true, value }, transferListOf(value))
      })
    }
    case 'settled':
      return executor.store.whenSettled(message[2], () => answer(message[1], null))
    case 'free':
      return executor.free(message[1])
    case 'forget': {
      const [, id, count] = message
      const left = (worker.grants.get(id) ?? 0) - count
      if (left > 0) worker.grants.set(id, left)
      else worker.grants.delete(id)
      return executor.store.release(id, count)
    }
    case 'block':
      return executor.block(message[1])
    case 'unblock':
      return executor.unblock(message[1])
    case 'cancel':
      return executor.cancel(message[1], message[2])
    case 'killActor':
      return executor.killActor(message[1], message[2])
    case 'findActor':
      return void executor.findActor(message[2]).then((info) => {
        if (info !== null) executor.shareActor(info.id)
        answer(message[1], info)
      })
    case 'runOnAllWorkers':
      return void executor.runOnAllWorkers(message[2]).then(
        () => answer(message[1], null),
        (error: unknown) => answer(message[1], String(error)),
      )
    case 'describe':
      return void executor.describe().then((description) => answer(message[1], description))
  }
}

function grantNew(executor: LocalExecutor, worker: LocalWorker, id: string): void {
  executor.store.expect(id)
  executor.grant(worker, id)
}
