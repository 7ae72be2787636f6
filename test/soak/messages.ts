// What a driver tells the harness, and what it is told.

export interface DriverSettings {
  /** Null: its own threads. */
  readonly address: string | null
  readonly namespace: string
  readonly keyFile: string | null
  /** Its own, and that of the whole run. */
  readonly name: string
  readonly seed: number
  readonly strands: number
  /** Slots of each worker, or of itself. */
  readonly numCpus: number
  readonly programs: readonly string[]
}

/** A call failed, and whether it may have depends on what happened to the fleet meanwhile. */
export interface FailedCall {
  readonly id: string
  readonly program: string
  readonly error: string
  readonly message: string
  readonly made: number
  readonly over: number
  /** How many deaths of workers it is to survive: -1 for all. */
  readonly budget: number
  /** Of a call of an actor: how many that is to survive. */
  readonly restarts: number | null
}

export type FromDriver =
  | { readonly kind: 'joined' }
  | { readonly kind: 'counts'; readonly counts: Readonly<Record<string, number>> }
  | { readonly kind: 'failed'; readonly call: FailedCall }
  | { readonly kind: 'violation'; readonly text: string; readonly details: string }
  | { readonly kind: 'pending'; readonly pending: readonly string[]; readonly executor: string }
  /** All of its programs are over. */
  | { readonly kind: 'done' }

export type ToDriver = 'stop' | 'report' | 'leave'
