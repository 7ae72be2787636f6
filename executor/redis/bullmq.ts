// BullMQ, for who takes calls from queues or looks into them; who only makes calls does without, and it takes as long to load as
// the rest. By require: an import of CommonJS reads each of its files for what it exports, before any runs.
import { createRequire } from 'node:module'

type BullMQ = typeof import('bullmq')

let loaded: BullMQ | undefined

export function loadBullMQ(): BullMQ {
  loaded ??= createRequire(import.meta.url)('bullmq') as BullMQ
  return loaded
}
