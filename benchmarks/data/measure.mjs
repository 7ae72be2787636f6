// @ts-check
// Measures codecs on payloads, all of them in this process and by turns, so that what disturbs one disturbs the others;
// prints the name of whose turn it is, and at last JSON. The clock is the process's CPU time, in microseconds: others on the machine do not count then, and the
// collector's helper threads do.
//   node --expose-gc measure.mjs PLAN
import { writeSync } from 'node:fs'
import { collect } from '../support/collect.mjs'
import { median } from '../support/measure.mjs'
import { libraries, sizeOf } from './libraries.mjs'
import { payloads, plainObjects } from './payloads.mjs'

/**
 * @typedef {{
 *   payload: string
 *   libraries: string[]
 *   scale: number
 *   objects?: number
 *   rounds: number
 *   budget: number
 * }} Plan `objects` asks for so many plain ones instead of a payload; what has used `budget` milliseconds sits out.
 * @typedef {{ encode: number, decode: number, total: number, bytes: number, samples: number, problem: string | null }} Result
 *   Medians, by value.
 * @typedef {import('./libraries.mjs').Codec} Codec
 */

/**
 * A sample is no shorter, in microseconds. For some milliseconds after a collection the collector's threads are at work still,
 * and they count.
 */
const SHORTEST = 20_000
/**
 * Rounds before any counts, and milliseconds after which a codec needs no more of them: V8 optimizes code when it has run for
 * some ten thousand small messages, and a process that sends messages sends many more.
 */
const WARM_UPS = 30
const WARM_UP_BUDGET = 1000
class Contestant {
  #encode = /** @type {number[]} */ ([])
  #decode = /** @type {number[]} */ ([])
  #spent = 0
  #bytes = 0
  #repeat = 1
  /** @type {string | null} */
  problem = null

  /** @param {Codec} codec */
  constructor(codec) {
    this.codec = codec
  }

  /** @param {unknown[]} values @param {Plan} plan @param {boolean} counts */
  run(values, plan, counts) {
    const enough = counts
      ? this.#spent > plan.budget && this.#encode.length >= Math.min(2, plan.rounds)
      : this.#spent > WARM_UP_BUDGET
    if (this.problem !== null || enough) return
    const begin = performance.now()
    try {
      collect()
      this.#sample(values, counts)
    } catch (error) {
      this.problem = `refused: ${String(/** @type {Error} */ (error)?.message ?? error)
        .split('\n')[0]
        .slice(0, 100)}`
    }
    this.#spent += performance.now() - begin
  }

  /** @param {unknown[]} values @param {boolean} counts */
  #sample(values, counts) {
    const { encode, decode } = this.codec
    const count = values.length * this.#repeat
    const encoded = new Array(count)
    const start = process.cpuUsage()
    for (let i = 0; i < count; i++) encoded[i] = encode(values[i % values.length])
    const between = process.cpuUsage()
    for (let i = 0; i < count; i++) decode(encoded[i])
    const end = process.cpuUsage()
    const encoding = between.user - start.user + between.system - start.system
    const decoding = end.user - between.user + end.system - between.system
    this.#bytes = encoded.slice(0, values.length).reduce((sum, each) => sum + sizeOf(each), 0) / values.length
    if (!counts) {
      // Warming up tells how often a quick thing has to be done to be seen.
      if (values.length === 1 && encoding + decoding < SHORTEST)
        this.#repeat = Math.min(1000, this.#repeat * Math.ceil(SHORTEST / Math.max(2, encoding + decoding)))
      return
    }
    this.#encode.push(encoding / count)
    this.#decode.push(decoding / count)
  }

  /** @returns {Result} */
  result() {
    const known = this.#encode.length > 0
    return {
      encode: known ? median(this.#encode) : 0,
      decode: known ? median(this.#decode) : 0,
      total: known ? median(this.#encode.map((each, i) => each + this.#decode[i])) : 0,
      bytes: this.#bytes,
      samples: this.#encode.length,
      problem: this.problem,
    }
  }
}

/** @param {Plan} plan */
async function measure(plan) {
  /** @type {[string, Contestant][]} */
  const contestants = []
  /** @type {Record<string, Result>} */
  const results = {}
  for (const { name, open } of libraries.filter((each) => plan.libraries.includes(each.name))) {
    try {
      contestants.push([name, new Contestant(await open())])
    } catch (error) {
      results[name] = {
        ...new Contestant(/** @type {any} */ (null)).result(),
        problem: /** @type {Error} */ (error).message,
      }
    }
  }
  const { make, many } = payloads[plan.payload] ?? {}
  let values = plan.objects ? [plainObjects(plan.objects)] : [make(plan.scale)]
  const warmUps = plan.rounds > 1 ? WARM_UPS : 1
  for (let round = 0; round < warmUps + plan.rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const [name, contestant] = contestants[(turn + round) % contestants.length]
      writeSync(1, `> ${name}\n`)
      // A codec that keeps a memo must not meet the same objects again.
      if (many) values = many(plan.scale)
      contestant.run(values, plan, round >= warmUps)
    }
  }
  for (const [name, contestant] of contestants) results[name] = contestant.result()
  return results
}

console.log(JSON.stringify(await measure(JSON.parse(process.argv[2]))))
