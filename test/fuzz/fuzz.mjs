// @ts-check
// Loads forged bundles and reports what should not be:
//   node fuzz.mjs DIST SEED FIRST LAST PROGRESS
// PROGRESS is a file that always holds the run that is on, for whoever finds that this process crashed or hung.
import { Buffer } from 'node:buffer'
import { openSync, writeSync } from 'node:fs'
import inspector from 'node:inspector'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { mutant } from './mutate.mjs'
import { code, data, messages, reduced, views } from './samples.mjs'

const [, , dist, seedText, first, last, progress] = process.argv
/** @type {typeof import('../../serializer/index.ts')} */
const cornichon = await import(dist)
const seed = Number(seedText)
const SECONDS = 20

// A load that does not end is ended from another thread.
const beat = new Int32Array(new SharedArrayBuffer(4))
const watchdog = new Worker(
  `const { workerData } = require('node:worker_threads')
   let seen = -1
   setInterval(() => {
     if (workerData.beat[0] === seen) process.kill(process.pid, 'SIGKILL')
     seen = workerData.beat[0]
   }, ${SECONDS * 1000})`,
  { eval: true, workerData: { beat } },
)
watchdog.unref()

process.on('unhandledRejection', () => {})
const pickled = (/** @type {readonly unknown[]} */ values) =>
  values.map((value) => Buffer.from(cornichon.dumps(value)))
const reducing = {
  reducerOverride: (/** @type {object} */ value) => reduced.get(value),
  persistentId: (/** @type {object} */ value) => (value instanceof URL ? 'a url' : undefined),
}
const dataSamples = [
  ...pickled(data),
  ...pickled(views),
  ...data.map((value) => Buffer.from(cornichon.dumps(value, reducing))),
]
/** Each message, with those before it that its Unpickler has loaded. */
const pickler = new cornichon.Pickler()
const session = messages.map((value) => Buffer.from(pickler.dump(value)))
const samples = [...dataSamples, ...dataSamples, ...pickled(code)]
Reflect.set(globalThis, 'codeOfABundleRan', false)

/** Scripts that were compiled while code was refused, if they hold code of the bundles. */
const inspected = new inspector.Session()
inspected.connect()
inspected.post('Debugger.enable')
let compiled = ''
let refusing = false
inspected.on('Debugger.scriptParsed', ({ params: { scriptId } }) => {
  if (!refusing) return
  inspected.post('Debugger.getScriptSource', { scriptId }, (_, result) => {
    if (result?.scriptSource.includes('codeOfABundleRan') || /\bran\(\)/.test(result?.scriptSource ?? ''))
      compiled = result.scriptSource.slice(0, 200)
  })
})

const watched = [
  Object,
  Function,
  Array,
  Promise,
  Map,
  Set,
  WeakMap,
  WeakRef,
  Symbol,
  Error,
  RangeError,
  RegExp,
  Date,
]
  .flatMap((each) => [each, each.prototype])
  .concat([
    /** @type {any} */ (Reflect),
    JSON,
    Math,
    Buffer,
    Buffer.prototype,
    Uint8Array,
    Uint8Array.prototype,
    Object.getPrototypeOf(Uint8Array),
    Object.getPrototypeOf(Uint8Array.prototype),
    URL.prototype,
    Object.getPrototypeOf([][Symbol.iterator]()),
    path,
  ])
const fingerprint = () =>
  JSON.stringify(
    watched.map((each) => [
      Object.isExtensible(each),
      Reflect.ownKeys(each).map((key) => {
        const { value, ...rest } = /** @type {PropertyDescriptor} */ (
          Object.getOwnPropertyDescriptor(each, key)
        )
        return [
          String(key),
          rest.writable,
          rest.enumerable,
          typeof value,
          typeof value === 'function' ? value.name : '',
        ]
      }),
    ]),
  )
const before = fingerprint()
// Node's own, made when its fetch is first touched.
for (const name of ['Headers', 'FormData', 'Response']) Reflect.construct(Reflect.get(globalThis, name), [])
const globals = Reflect.ownKeys(globalThis).length

/** @type {string[]} */
const odd = []
let loaded = 0
/** @param {Uint8Array} bytes @param {import('../../serializer/index.ts').LoadOptions} options @param {number} run */
function load(bytes, options, run) {
  if (bytes[11] !== 1) return cornichon.loads(bytes, options)
  // A forged message in the middle of a session, and then the right ones.
  const unpickler = new cornichon.Unpickler(options)
  const place = run % session.length
  for (const message of session.slice(0, place)) unpickler.load(message)
  try {
    return unpickler.load(bytes)
  } finally {
    for (const message of session.slice(place)) attemptRight(unpickler, message)
  }
}

/** @param {import('../../serializer/index.ts').Unpickler} unpickler @param {Uint8Array} message */
function attemptRight(unpickler, message) {
  try {
    unpickler.load(message)
  } catch (error) {
    if (!(error instanceof cornichon.UnpicklingError)) throw error
  }
}

/** @param {number} run @param {Uint8Array} bytes @param {import('../../serializer/index.ts').LoadOptions} options */
function attempt(run, bytes, options) {
  try {
    load(bytes, options, run)
    loaded++
  } catch (error) {
    if (!(error instanceof cornichon.UnpicklingError))
      odd.push(`seed ${seed}, run ${run}: ${/** @type {Error} */ (error)?.stack ?? error}`)
  }
}

const file = openSync(progress, 'w')
for (let run = Number(first); run < Number(last); run++) {
  beat[0]++
  writeSync(file, String(run).padEnd(12), 0)
  refusing = true
  attempt(run, mutant(samples, seed, run), { code: 'refuse' })
  refusing = false
  // Forged data where code may run: there is none in it that could.
  attempt(run, mutant(dataSamples, seed, run), { copy: run % 2 === 0, persistentLoad: () => ({}) })
  if (run % 4 === 0) attempt(run, mutant(session, seed, run), {})
  if (compiled !== '' || Reflect.get(globalThis, 'codeOfABundleRan')) {
    odd.push(`seed ${seed}, run ${run}: code was compiled or run, though refused: ${compiled}`)
    compiled = ''
    Reflect.set(globalThis, 'codeOfABundleRan', false)
  }
  if ((run % 500 === 0 || run === Number(last) - 1) && fingerprint() !== before)
    odd.push(`seed ${seed}, run ${run} or up to 500 before: an intrinsic was changed`)
  if (odd.length >= 5) break
}
const memory = process.resourceUsage().maxRSS * 1024
process.send?.(
  JSON.stringify({ odd, loaded, memory, globals: Reflect.ownKeys(globalThis).length - globals }),
  () => process.exit(0),
)
