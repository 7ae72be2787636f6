// @ts-check
// The sender's half of a row: the check holds for the value, the value is dumped, the check still holds.
import assert from 'node:assert/strict'
import { createContext, leavingNoGlobals, runStages } from './report.mjs'

/**
 * @param {object} job
 * @param {string} job.key
 * @param {string} job.mode
 * @param {any} job.cornichon
 * @param {{ build(): any, folder: string }} job.original  what the check may change
 * @param {{ build(): any, folder: string }} job.sender    what is dumped
 * @param {any} job.functions  the row's check, dump, bundle
 * @param {{ refused?: { message?: string, path?: string }, either?: boolean, bytesVary?: string, showsPaths?: string, addsGlobals?: boolean, dumpedOnce?: boolean }} job.options
 * @param {(bytes: Uint8Array) => void} job.save
 * @param {(report: import('./report.mjs').StageReport) => void} report
 */
export function dumpRow(job, report) {
  const { key, mode, cornichon, functions, options } = job
  const contextAt = (/** @type {string} */ folder) => createContext(mode, folder, cornichon)
  const context = contextAt(job.sender.folder)
  const check = async (
    /** @type {any} */ value,
    /** @type {string} */ stage,
    /** @type {string} */ folder,
  ) => {
    if (functions.check) await functions.check(value, assert, { ...contextAt(folder), stage })
  }

  return runStages(key, report, async (stage) => {
    await stage('the check holds for the original', async () => {
      await check(await job.original.build(), 'original', job.original.folder)
    })
    const value = await stage('build', () => job.sender.build())
    const dumpsOptions = functions.dump?.(context)
    const dump = () => cornichon.dumps(value, dumpsOptions)

    if (options.refused) {
      const refusal = await stage('dumps', () => expectRefusal(dump, cornichon, options))
      if (refusal === 'refused') {
        report({ row: key, stage: 'refused', ok: true, refused: true })
        await stage('the original is undisturbed', () => check(value, 'undisturbed', job.sender.folder))
        return
      }
    }
    const bytes = await stage('dumps', () => leavingNoGlobals(dump))
    job.save(bytes)
    await stage('the bundle', async () => {
      assert.ok(bytes instanceof Uint8Array, 'dumps returns bytes')
      if (!options.bytesVary && !options.dumpedOnce)
        assert.ok(Buffer.from(dump()).equals(bytes), 'The same value gave other bytes when dumped again')
      if (!options.showsPaths)
        for (const folder of [job.sender.folder, process.cwd()])
          assert.ok(
            !Buffer.from(bytes).includes(folder),
            `The bytes name a folder of this machine: ${folder}`,
          )
      await functions.bundle?.(Buffer.from(bytes), assert, context)
    })
    await stage('the original is undisturbed', () => check(value, 'undisturbed', job.sender.folder))
  })
}

/**
 * @param {() => Uint8Array} dump
 * @param {any} cornichon
 * @param {{ refused?: { message?: string, path?: string }, either?: boolean }} options
 */
function expectRefusal(dump, cornichon, { refused, either }) {
  try {
    dump()
  } catch (thrown) {
    const error = /** @type {any} */ (thrown)
    assert.ok(error instanceof cornichon.PicklingError, `Not a PicklingError: ${String(error)}`)
    assert.equal(typeof error.path, 'string', 'A PicklingError has a path')
    assert.ok(error.message.includes(error.path), `The message does not hold the path: ${error.message}`)
    if (refused?.message) assert.match(error.message, new RegExp(refused.message, 'i'))
    if (refused?.path) assert.match(error.path, new RegExp(refused.path))
    return 'refused'
  }
  if (!either) assert.fail('dumps did not refuse it')
  return 'kept'
}
