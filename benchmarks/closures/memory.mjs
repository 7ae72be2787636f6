// @ts-check
// The peak of memory that one `dumps` takes, on top of its input; prints JSON.
//   node --expose-gc memory.mjs KIND COUNT
//
// `dumps` is synchronous, so nothing can sample it from inside, and what it allocates and drops again counts too. The
// kernel keeps the highest resident size of a process (VmHWM); on Linux writing 5 to clear_refs begins it anew, after
// the input was built and garbage was collected. Elsewhere getrusage's peak is all there is, which includes the
// building of the input: then the number is a lower bound.
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { dumps } from '../support/cornichon.mjs'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')
const [kind, count] = process.argv.slice(2)
const inputs = createRequire(import.meta.url)('./large.cjs')

// What is loaded, compiled and connected once in a process is not part of the question: nor is what V8's compilers take.
for (let i = 0; i < 3; i++) dumps(inputs[kind](Math.ceil(Number(count) / 10)))
const input = inputs[kind](Number(count))
for (let i = 0; i < 3; i++) collect()

const before = process.memoryUsage.rss()
const exact = restartPeak()
const start = performance.now()
const { length } = dumps(input)
const elapsed = performance.now() - start
const peak = exact ? peakOf('VmHWM') : process.resourceUsage().maxRSS * 1024
console.log(JSON.stringify({ bundle: length, added: Math.max(0, peak - before), before, exact, elapsed }))

function restartPeak() {
  try {
    writeFileSync('/proc/self/clear_refs', '5')
    return true
  } catch {
    return false
  }
}

/** @param {string} name */
function peakOf(name) {
  const status = readFileSync('/proc/self/status', 'utf8')
  return Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(status)?.[1]) * 1024
}
