// @ts-check
// dumps and loads of one buffer, in band or out of band; prints JSON: medians of microseconds and of the bytes that a
// call allocates, on the heap and beside it.
//   node --expose-gc --max-semi-space-size=64 measure.mjs in|out SIZE CALLS
import { everything } from '../support/cornichon.mjs'
import { median, now } from '../support/measure.mjs'

/** @typedef {{ dump: number, load: number, allocated: number, bundle: number, problem: string | null }} Measured */

// The options that take buffers out of band are newer than the rest.
const { dumps, loads } = /** @type {any} */ (everything)
const [, , mode, sizeText, calls] = process.argv
const collect = /** @type {() => void} */ (globalThis.gc)
/** Microseconds that all calls may take. */
const BUDGET = 2e6
const view = new Uint8Array(Number(sizeText))
view[view.length - 1] = 1
const value = { name: 'measurement', view }

function inBand() {
  const bytes = dumps(value)
  const middle = now()
  return { size: bytes.length, middle, copy: loads(bytes) }
}

function outOfBand() {
  /** @type {unknown[]} */
  const buffers = []
  const bytes = dumps(value, { bufferCallback: (/** @type {unknown} */ each) => void buffers.push(each) })
  const middle = now()
  return { size: bytes.length, middle, copy: loads(bytes, { buffers }) }
}

/** With a small buffer: where the option is not known, a large one would be written into the bundle. */
function checkCallback() {
  let called = false
  dumps(new Uint8Array(8), { bufferCallback: () => void (called = true) })
  if (!called) throw new Error('there is no bufferCallback yet')
}

const allocated = () => {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** @returns {Measured} */
function measure() {
  const call = mode === 'in' ? inBand : outOfBand
  /** @type {Measured} */
  const result = { dump: 0, load: 0, allocated: 0, bundle: 0, problem: null }
  /** @type {number[][]} */
  const [dump, load, bytes] = [[], [], []]
  try {
    if (mode === 'out') checkCallback()
    const stop = now() + BUDGET
    for (let i = 0; i < Number(calls) && (i < 2 || now() < stop); i++) {
      if (i % 100 === 0) collect()
      const before = allocated()
      const start = now()
      const { size, middle, copy } = call()
      const end = now()
      bytes.push(allocated() - before)
      dump.push(middle - start)
      load.push(end - middle)
      result.bundle = size
      if (copy.view.length !== view.length || copy.view.at(-1) !== 1)
        throw new Error('another view came back')
      if (mode === 'out' && copy.view.buffer !== view.buffer) throw new Error('the buffer was copied')
    }
    // The first calls compile what the others only run.
    const warm = Math.floor(dump.length / 2)
    return {
      ...result,
      dump: median(dump.slice(warm)),
      load: median(load.slice(warm)),
      allocated: median(bytes.slice(warm)),
    }
  } catch (error) {
    return { ...result, problem: /** @type {Error} */ (error).message }
  }
}

console.log(JSON.stringify(measure()))
