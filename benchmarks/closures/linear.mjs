// @ts-check
// One dump and one load of many closures of one module; prints the samples as JSON.
//   node linear.mjs MODULE RUNS COUNT dump|load BUNDLE
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dumps, loads } from '../support/cornichon.mjs'
import { now } from '../support/measure.mjs'

const [kind, runs, count, stage, file] = process.argv.slice(2)

const samples = []
for (let run = 0; run < Number(runs); run++) {
  if (stage === 'dump') {
    const closures = createRequire(import.meta.url)('./many.cjs')[kind](Number(count))
    const start = now()
    const bytes = dumps(closures)
    samples.push(now() - start)
    writeFileSync(file, bytes)
  } else {
    const bytes = new Uint8Array(readFileSync(file))
    const start = now()
    const closures = /** @type {((x: number) => number)[]} */ (loads(bytes))
    samples.push(now() - start)
    for (const i of [0, closures.length >> 1, closures.length - 1])
      assert.deepEqual([closures.length, closures[i](1)], [Number(count), i + 1])
  }
}
console.log(JSON.stringify(samples))
