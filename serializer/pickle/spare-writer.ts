// Most bundles are data of a few hundred bytes, and to make a writer takes longer than to write them. So the last one that
// wrote nothing but data is kept for the next call. It holds nothing of the user's.
import { makePolicy } from '../references/index.ts'
import { GraphWriter } from './graph-writer.ts'
import type { PickleOptions } from './options.ts'

let spare: GraphWriter | null = null
const usualPolicy = makePolicy({})

/** A writer that nobody else has. */
export function takeWriter(options: PickleOptions): GraphWriter {
  const writer = spare
  if (writer === null || !areUsual(options)) return new GraphWriter(options, null)
  spare = null
  return writer
}

/**
 * Nobody writes with it any more, or looks at what it wrote. One that keeps paths is for its own walk: it knows the objects that it has
 * met, and that of `checkSerializable` goes on where others refuse.
 */
export function letGo(writer: GraphWriter): void {
  if (spare === null && writer.trace === null && areUsual(writer.options) && writer.restart()) spare = writer
  else writer.release()
}

/** Are they those of a call without options, which most calls have in common? A writer for others would be in the way. */
function areUsual({ policy, reductions, offers, earlyCalls, wholeBuffers }: PickleOptions): boolean {
  return (
    policy === usualPolicy &&
    reductions === null &&
    offers === null &&
    earlyCalls === undefined &&
    wholeBuffers === undefined
  )
}
