// Code that sets workers up (`runOnAllWorkers`, an environment's `setupHook`): what it calls for would need a worker that has
// been set up, and it would wait for that for ever.
import { AsyncLocalStorage } from 'node:async_hooks'
import { callOf } from './executor.ts'
import { OwnSet, withOwnMethods } from './worker/own-methods.ts'

const running = withOwnMethods(new AsyncLocalStorage<SetUpCode>(), 'run', 'getStore')
/** Most threads have none, and don't ask for each call. */
let isAny = false

export class SetUpCode {
  /** By id, the calls that it has made. */
  readonly calls: Set<string> = new OwnSet()
  isOver = false

  run<T>(work: () => T): T {
    isAny = true
    return running.run(this, work)
  }

  /** What it has begun, a timer or a server, may go on; it is as any other code then. */
  over(): void {
    this.isOver = true
    this.calls.clear()
  }
}

function underWay(): SetUpCode | null {
  const code = isAny ? running.getStore() : undefined
  return code === undefined || code.isOver ? null : code
}

export function isInSetUp(): boolean {
  return underWay() !== null
}

export function noteCall(id: string): void {
  underWay()?.calls.add(id)
}

/** Throws if the code that waits for an object sets a worker up, and made the call for it. */
export function checkSetUp(object: string): void {
  if (underWay()?.calls.has(callOf(object) ?? '') === true)
    throw new Error(
      'code that sets workers up (runOnAllWorkers, setupHook) can not wait for a call that it makes: the call would wait for ' +
        'a worker that has been set up. Make the call before, and give its value as an argument',
    )
}
