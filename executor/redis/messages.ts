// What processes of a fleet say to each other: over the inbox stream of one, or the control stream that all read.
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
      readonly from: string
      readonly request: string
    }
  | { readonly kind: 'answer'; readonly request: string; readonly node: string; readonly answer: unknown }
