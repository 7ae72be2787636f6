// @ts-check
// Measures one contestant, in a process of its own. Two stages, so that loading finds nothing that dumping left:
//   node CONTESTANT dump|load PLAN    prints the samples as JSON
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { now, Samples } from '../support/measure.mjs'
import { ARGUMENT, subjectFile, subjectNames } from './subjects.mjs'

/**
 * @typedef {{ folder: string, cold: number, warm: number }} Plan
 * @typedef {{ lists: Record<string, number[]>, size: number, problem: string | null }} Outcome
 * @typedef {{
 *   name: string
 *   dump(fn: Function): unknown
 *   load(dumped: any): any
 * }} Contestant
 */

const require = createRequire(import.meta.url)
const VARIANTS = 10
/** Microseconds that repeating one thing may take: what needs milliseconds is not repeated as often. */
const BUDGET = 1e6

/** @param {Contestant} contestant */
export async function drive(contestant) {
  const plan = JSON.parse(process.argv[3])
  const stage = process.argv[2] === 'dump' ? dumpStage : loadStage
  /** @type {Record<string, Outcome>} */
  const outcomes = {}
  for (const [i, name] of subjectNames.entries()) {
    const samples = new Samples()
    const outcome = { lists: samples.lists, size: 0, problem: /** @type {string | null} */ (null) }
    outcomes[name] = outcome
    try {
      outcome.size = await stage(contestant, plan, i, samples)
    } catch (error) {
      outcome.problem = String(/** @type {Error} */ (error)?.message ?? error).split('\n')[0]
      if (contestant.name === 'cornichon') console.error(error)
    }
  }
  console.log(JSON.stringify(outcomes))
}

/** @param {string} folder @param {string} contestant @param {number} subject */
const storeFile = (folder, contestant, subject) => `${folder}/${contestant}-${subject}.json`

/**
 * @param {Contestant} contestant @param {Plan} plan @param {number} subject @param {Samples} samples
 * @returns {Promise<number>}
 */
async function dumpStage(contestant, plan, subject, samples) {
  /** @type {{ dumped: string, text: boolean, expected: unknown }[][]} */
  const store = [[], []]
  /** @param {number} list @param {any} dumped @param {Function} fn */
  const keep = (list, dumped, fn) => {
    const text = typeof dumped === 'string'
    store[list].push({
      dumped: text ? dumped : Buffer.from(dumped).toString('base64'),
      text,
      expected: fn(ARGUMENT),
    })
  }
  let module
  for (let run = 0; run < plan.cold; run++) {
    module = require(subjectFile(plan.folder, subject, run))
    const { fn } = module.make(run)
    const measure = subject === 0 && run === 0 ? 'dump: first in the process' : 'dump: new script'
    keep(0, await samples.time(measure, () => contestant.dump(fn)), fn)
  }
  let end = now() + BUDGET
  for (let run = 0; run < plan.warm && now() < end; run++) {
    const { fn } = module.make(run)
    const dumped = samples.time('dump: another closure of it', () => contestant.dump(fn))
    if (dumped instanceof Promise) await dumped
  }
  const { fn, change } = module.make(0)
  end = now() + BUDGET
  for (let run = 0; run < plan.warm && now() < end; run++) {
    change(run)
    let dumped = samples.time('dump: again, changed', () => contestant.dump(fn))
    if (dumped instanceof Promise) dumped = await dumped
    keep(1, dumped, fn)
    if (store[1].length > VARIANTS) store[1].shift()
  }
  writeFileSync(storeFile(plan.folder, contestant.name, subject), JSON.stringify(store))
  return Buffer.from(store[1][0].dumped, store[1][0].text ? 'utf8' : 'base64').length
}

/**
 * @param {Contestant} contestant @param {Plan} plan @param {number} subject @param {Samples} samples
 * @returns {Promise<number>}
 */
async function loadStage(contestant, plan, subject, samples) {
  const [unseen, seen] = JSON.parse(
    readFileSync(storeFile(plan.folder, contestant.name, subject), 'utf8'),
  ).map((/** @type {{ dumped: string, text: boolean, expected: unknown }[]} */ list) =>
    list.map(({ dumped, text, expected }) => ({
      dumped: text ? dumped : new Uint8Array(Buffer.from(dumped, 'base64')),
      expected,
    })),
  )
  for (const [run, { dumped, expected }] of unseen.entries()) {
    const measure = subject === 0 && run === 0 ? 'load: first in the process' : 'load: new code'
    const fn = await samples.time(measure, () => contestant.load(dumped))
    check(fn(ARGUMENT), expected)
  }
  check(contestant.load(seen[0].dumped)(ARGUMENT), seen[0].expected)
  const end = now() + BUDGET
  for (let run = 0; run < plan.warm && now() < end; run++) {
    const { dumped, expected } = seen[run % seen.length]
    const fn = samples.time('load: code seen before', () => contestant.load(dumped))
    check(fn(ARGUMENT), expected)
  }
  return 0
}

/** @param {unknown} result @param {unknown} expected */
function check(result, expected) {
  if (result !== expected) throw new Error(`wrong result: ${result} instead of ${expected}`)
}
