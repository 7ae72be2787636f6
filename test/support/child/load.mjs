// @ts-check
// The process without the sources: loads bundles and checks what comes back, or passes it on.
// node load.mjs plan.json
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import {
  attributeStrayErrors,
  createContext,
  createLog,
  describeError,
  leavingNoGlobals,
  runStages,
} from './report.mjs'

const plan = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))
const log = createLog(plan.log)
/** @type {string | undefined} */
let current
attributeStrayErrors(() => current, log)

const cornichon = await import(plan.cornichon)
const { functionsOf } = await import(pathToFileURL(plan.functions).href)

for (const row of plan.rows) {
  if (!existsSync(row.bundleFile)) continue
  current = row.key
  log({ start: row.key })
  process.chdir(row.folder)
  const context = createContext(plan.mode, row.folder, cornichon)
  const functions = functionsOf[row.key]
  await runStages(row.key, log, async (stage) => {
    const bytes = readFileSync(row.bundleFile)
    const options = functions.load?.(context)
    const load = () =>
      leavingNoGlobals(
        () => (row.options.async ? cornichon.loadsAsync(bytes, options) : cornichon.loads(bytes, options)),
        row.options.addsGlobals,
      )
    if (row.options.refusedByLoads) {
      await stage('loads', () => expectRefusal(load, row.options.refusedByLoads))
      return
    }
    const value = await stage('loads', load)
    if (plan.relay) {
      const again = await stage('dumps', () => cornichon.dumps(value, functions.dump?.(context)))
      writeFileSync(row.againFile, again)
      return
    }
    await stage('the check holds for the copy', () =>
      leavingNoGlobals(
        () => functions.check?.(value, assert, { ...context, stage: plan.stage }),
        row.options.addsGlobals,
      ),
    )
  })
  await new Promise((resolve) => setImmediate(resolve))
  log({ end: row.key })
}
process.exit(0)

/**
 * @param {() => Promise<unknown>} load
 * @param {string} pattern
 */
async function expectRefusal(load, pattern) {
  try {
    await load()
  } catch (thrown) {
    const error = /** @type {any} */ (thrown)
    assert.ok(error instanceof cornichon.UnpicklingError, `Not an UnpicklingError: ${describeError(error)}`)
    assert.match(error.message, new RegExp(pattern, 'i'))
    return
  }
  assert.fail('loads did not refuse it')
}
