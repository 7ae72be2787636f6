// Other copies of cornichon in this thread, as two packages may bring them along. Refs and handles are for the copy that
// made them: another has its own executor, which knows nothing of them.
import { Object, Symbol, TypeError } from '../serializer/globals.ts'

/** On the prototypes of refs and handles, of whatever copy. */
export const COPY = Symbol.for('cornichon.copy')

/** Common to all copies: which of them is packing. */
interface Packing {
  by: object | null
}

const PACKING = Symbol.for('cornichon.packing')
const found = (globalThis as { [PACKING]?: Packing })[PACKING]
const packing: Packing = found ?? { by: null }
if (found === undefined) Object.defineProperty(globalThis, PACKING, { value: packing })

const here = {}

/** Returns what `endPacking` is to be given. */
export function beginPacking(): object | null {
  const before = packing.by
  packing.by = here
  return before
}

export function endPacking(before: object | null): void {
  packing.by = before
}

/** Told by a ref or a handle that is being pickled: throws if another copy is doing that for a call of its own. */
export function checkPacking(what: string): void {
  if (packing.by !== null && packing.by !== here) throw new TypeError(`it is ${what} ${OF_ANOTHER}`)
}

/** Whether it is a ref or a handle, of whatever copy. */
export function isMarked(value: unknown): boolean {
  return typeof value === 'object' && value !== null && COPY in value
}

export const OF_ANOTHER =
  'of another copy of cornichon, and for that alone. Two are loaded in this process: npm ls cornichon tells whose they are'
