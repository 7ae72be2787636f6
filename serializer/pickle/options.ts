// Options of dumps and loads, as the writer and the reader use them.
import type { ReferencePolicy } from '../references/index.ts'

export interface PickleOptions {
  readonly policy: ReferencePolicy
}
