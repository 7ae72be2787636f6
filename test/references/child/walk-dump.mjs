// @ts-check
// node walk-dump.mjs <cornichon> <bundle>: pickles what the walk finds, and says what was refused.
import { writeFileSync } from 'node:fs'
import { walkBuiltins } from './walk.mjs'

const [, , cornichon, bundle] = process.argv
const { dumps, PicklingError } = await import(String(cornichon))
/** @type {Record<string, string>} */
const refused = {}
/** @type {string[]} */
const broken = []
/** @type {Map<string, unknown>} */
const kept = new Map()
for (const [path, value] of walkBuiltins()) {
  try {
    dumps(value)
    kept.set(path, value)
  } catch (error) {
    if (error instanceof PicklingError) refused[path] = /** @type {Error} */ (error).message
    else broken.push(`${path}: ${String(error)}`)
  }
}
writeFileSync(String(bundle), dumps(kept))
console.log(JSON.stringify({ kept: kept.size, refused, broken }))
process.exit(0)
