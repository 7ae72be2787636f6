// Memory of values that nobody here needs any more: given back to the thread that lent it, else freed at once. Bytes that a
// thread has handed over are none that this one allocated: the collector of young objects does not run for them, and the
// other, which goes through the whole heap, does every dozen megabytes.
import { MessageChannel } from 'node:worker_threads'
import type { Outcome } from '../../executor.ts'
import { transferListOf } from '../../payload.ts'
import { giveBack } from '../../worker/lending.ts'

/** What is sent over it is gone. */
const nowhere = new MessageChannel().port1
nowhere.close()

/** Smaller ones are not worth a message. */
const WORTH = 16 * 1024

/** The outcomes are not to be read after that. */
export function freeAll(outcomes: readonly Outcome[]): void {
  for (const outcome of outcomes) {
    if (!outcome.ok) continue
    const { value } = outcome
    if ('plain' in value || value.buffers === undefined) continue
    giveBack(value.buffers)
    for (const buffer of transferListOf(value)) if (buffer.byteLength >= WORTH) free(buffer)
  }
}

function free(buffer: ArrayBuffer): void {
  try {
    nowhere.postMessage(null, [buffer])
  } catch {
    // It may not leave: it goes when the collector finds it.
  }
}
