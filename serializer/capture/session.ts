// One inspector session for each thread, connected to the thread itself: then `post` answers before it returns.
// (Node's inspector.Session#connect; Chrome DevTools Protocol, domains Runtime and Debugger.)

import type { Session } from 'node:inspector'
import { createRequire } from 'node:module'
import { withOriginals } from '../originals.ts'
import { ReflectApply, ReflectDefineProperty } from '../primordials.ts'

/** V8's inspector can't be used here, so nothing that needs it can be captured. */
export class CaptureUnavailableError extends Error {
  override readonly name = 'CaptureUnavailableError'
}

type Protocol = Record<string, any>
type Post = (method: string, parameters: object | undefined, callback: (...answer: never[]) => void) => void

let session: Session | undefined
let sessionPost: Post
let listener: ((params: Protocol) => void) | null = null

function connect(): Session {
  try {
    // Not a static import: a Node without the inspector should still load data.
    const inspector = createRequire(import.meta.url)('node:inspector') as typeof import('node:inspector')
    const made = new inspector.Session()
    made.connect()
    sessionPost = made.post as Post
    // Node hands notifications to `emit`: an own one is out of the way of whoever patches EventEmitter.
    ReflectDefineProperty(made, 'emit', { value: notify })
    return made
  } catch (error) {
    throw new CaptureUnavailableError(
      `cornichon reads functions through V8's inspector, which this process does not allow (${(error as Error).message}). ` +
        'Pickle functions in a process whose Node has the inspector and does not run under --permission',
      { cause: error },
    )
  }
}

function notify(method: string, message: Protocol): boolean {
  // It may come in the middle of the user's code.
  if (method === 'Debugger.scriptParsed') withOriginals(() => listener?.(message.params))
  return true
}

function send(
  method: string,
  parameters: object | undefined,
  callback: (error: Error | null, result: Protocol) => void,
): void {
  session ??= connect()
  ReflectApply(sessionPost, session, [method, parameters, callback])
}

/** Tells of every script that V8 announces from now on; null for no more. */
export function listenForScripts(listen: ((params: Protocol) => void) | null): void {
  listener = listen
}

/** Posts and gives the answer. Throws what the inspector reports. */
export function post(method: string, parameters?: object): Protocol {
  let answer: Protocol | undefined
  let failure: Error | null = null
  send(method, parameters, (error, result) => {
    failure = error
    answer = result
  })
  if (failure) throw failure
  return answer ?? {}
}

/** Posts what is answered at some time, or never. */
export function postForLater(method: string, parameters: object): void {
  send(method, parameters, () => {})
}

/** Posts what may fail or be interrupted, and gives the error's message. Throws nothing. */
export function tryPost(method: string, parameters: object): string | undefined {
  let message: string | undefined
  send(method, parameters, (error) => {
    if (error) message = error.message
  })
  return message
}
