// Most bundles are data of a few hundred bytes, and to make a writer takes longer than to write them. So the last one that
// wrote nothing but data is kept for the next call. It holds nothing of the user's.
import { GraphWriter } from './graph-writer.ts'
import type { PickleOptions } from './options.ts'

let spare: GraphWriter | null = null

/** A writer that nobody else has. */
export function takeWriter(options: PickleOptions): GraphWriter {
  const writer = spare
  if (writer === null || !isFor(writer.options, options)) return new GraphWriter(options, null)
  spare = null
  return writer
}

/** Nobody writes with it any more, or looks at what it wrote. */
export function letGo(writer: GraphWriter): void {
  if (spare === null && isFor(writer.options, writer.options) && writer.restart()) spare = writer
  else writer.release()
}

/** Are the options the same, and such that a writer can be used again? */
function isFor(known: PickleOptions, options: PickleOptions): boolean {
  return (
    known.policy === options.policy &&
    options.reductions === null &&
    options.offers === null &&
    options.earlyCalls === undefined &&
    options.wholeBuffers === undefined
  )
}
