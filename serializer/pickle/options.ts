// Options of dumps and loads, as the writer and the reader use them.
import type { ReferencePolicy } from '../references/index.ts'
import type { Offers } from './out-of-band.ts'
import type { Reductions } from './reductions.ts'

export interface PickleOptions {
  readonly policy: ReferencePolicy
  /** On the second walk, functions that come before those that tell of the calls around them: see early-calls.ts. */
  readonly earlyCalls?: ReadonlyMap<object, readonly object[]>
  /** On a second walk, buffers that are part of the graph: no view of them is written without the rest of it. */
  readonly wholeBuffers?: ReadonlySet<object>
  /** Null: no reducer of the user's can come up. */
  readonly reductions: Reductions | null
  /** Null if all buffers stay in the bundle. */
  readonly offers: Offers | null
}
