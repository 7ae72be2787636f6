// What processes of a fleet say to each other: over the inbox stream of one, or the control stream that all read.
import type { CancelOptions } from '../executor.ts'

export type Message =
  /** A call is over: its results follow as frames, empty where a result is too large to travel along. */
  | { readonly kind: 'done'; readonly call: string; readonly results: readonly string[] }
  /** An object that the process watches is there. */
  | { readonly kind: 'object'; readonly id: string }
  /** A worker needs a function that has expired. */
  | { readonly kind: 'export'; readonly hash: string }
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
  | { readonly kind: 'node-joined'; readonly node: string }
  /** A process asks all nodes; each answers into its inbox. */
  | {
      readonly kind: 'ask'
      readonly what: 'describe' | 'set-up'
      readonly from: string
      readonly request: string
    }
  | { readonly kind: 'answer'; readonly request: string; readonly node: string; readonly answer: unknown }
