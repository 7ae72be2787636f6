// One inspector session for each thread, connected to the thread itself: then `post` answers before it returns.
// (Node's inspector.Session#connect; Chrome DevTools Protocol, domains Runtime and Debugger.)

import type { Session } from 'node:inspector'
import { createRequire } from 'node:module'

/** V8's inspector can't be used here, so nothing that needs it can be captured. */
export class CaptureUnavailableError extends Error {
  override readonly name = 'CaptureUnavailableError'
}

type Protocol = Record<string, any>

let session: Session | undefined

function connect(): Session {
  try {
    // Not a static import: a Node without the inspector should still load data.
    const inspector = createRequire(import.meta.url)('node:inspector') as typeof import('node:inspector')
    const made = new inspector.Session()
    made.connect()
    return made
  } catch (error) {
    throw new CaptureUnavailableError(
      `cornichon reads functions through V8's inspector, which this process does not allow (${(error as Error).message}). ` +
        'Pickle functions in a process whose Node has the inspector and does not run under --permission',
      { cause: error },
    )
  }
}

export function currentSession(): Session {
  session ??= connect()
  return session
}

/** Posts and gives the answer. Throws what the inspector reports. */
export function post(method: string, parameters?: object): Protocol {
  let answer: Protocol | undefined
  let failure: Error | null = null
  currentSession().post(
    method as 'Runtime.enable',
    parameters as never,
    ((error: Error | null, result: Protocol) => {
      failure = error
      answer = result
    }) as never,
  )
  if (failure) throw failure
  return answer ?? {}
}

/** Posts what is expected to be interrupted: an error is no news. */
export function postInterrupted(method: string, parameters: object): void {
  currentSession().post(method as 'Runtime.enable', parameters as never, (() => {}) as never)
}
