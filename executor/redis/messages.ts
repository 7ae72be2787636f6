// What processes of a fleet say to each other: over the inbox stream of one, or the control stream that all read.
import { fromJson } from '../../runtime-env/json.ts'
import type { CancelOptions } from '../executor.ts'

export type Message =
  /** Calls are over, each with so many results: they follow as frames, unless the inbox is long. */
  | { readonly kind: 'done'; readonly calls: readonly (readonly [id: string, results: number])[] }
  /** There are calls in an empty queue of an actor that lives in the process. */
  | { readonly kind: 'mail'; readonly queue: string }
  /** An object that the process watches is there. */
  | { readonly kind: 'object'; readonly id: string }
  /** A worker needs a function that has expired. */
  | { readonly kind: 'export'; readonly hash: string }
  /** The same for a package of a runtime environment, whoever has it. */
  | { readonly kind: 'package'; readonly uri: string }
  | { readonly kind: 'cancel'; readonly call: string; readonly options: CancelOptions }
  | {
      readonly kind: 'kill'
      readonly actor: string
      readonly noRestart: boolean
      readonly from: string
      readonly epoch: number
    }
  | { readonly kind: 'shape'; readonly shape: string }
  | { readonly kind: 'driver-gone'; readonly driver: string }
  /** The task is over that a driver submitted and left. */
  | { readonly kind: 'job-over'; readonly driver: string }
  | { readonly kind: 'node-joined'; readonly node: string }
  /** A process asks all nodes; each answers into its inbox. */
  | {
      readonly kind: 'ask'
      readonly what: 'describe' | 'set-up'
      /** Of a set-up: which. */
      readonly call?: string
      readonly from: string
      readonly request: string
    }
  | { readonly kind: 'answer'; readonly request: string; readonly node: string; readonly answer: unknown }

/** Of each kind: its fields, and of what type they are. */
const FIELDS: { readonly [K in Message['kind']]: Readonly<Record<string, string>> } = {
  done: { calls: 'object' },
  mail: { queue: 'string' },
  object: { id: 'string' },
  export: { hash: 'string' },
  package: { uri: 'string' },
  cancel: { call: 'string', options: 'object' },
  kill: { actor: 'string', noRestart: 'boolean', from: 'string', epoch: 'number' },
  shape: { shape: 'string' },
  'driver-gone': { driver: 'string' },
  'job-over': { driver: 'string' },
  'node-joined': { node: 'string' },
  ask: { what: 'string', from: 'string', request: 'string' },
  answer: { request: 'string', node: 'string' },
}

/** More than any call returns that is not made up. */
const MOST_RESULTS = 1_000_000

/** Null of what is none: whoever can write to Redis is not to end this process, nor to keep it from what comes behind. */
export function readMessage(text: string): Message | null {
  let message: Message | null
  try {
    message = fromJson(text) as Message | null
  } catch {
    return null
  }
  if (typeof message !== 'object' || message === null || !Object.hasOwn(FIELDS, message.kind)) return null
  for (const [name, type] of Object.entries(FIELDS[message.kind])) {
    const value: unknown = message[name as keyof Message]
    if (typeof value !== type || value === null) return null
  }
  return message.kind !== 'done' || areCalls(message.calls) ? message : null
}

function areCalls(calls: unknown): boolean {
  if (!Array.isArray(calls)) return false
  let left = MOST_RESULTS
  return calls.every((call) => {
    if (!Array.isArray(call) || typeof call[0] !== 'string' || !isCount(call[1])) return false
    left -= call[1]
    return left >= 0
  })
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
