// @ts-check
// What every child process shares: a log that survives a crash, time limits, and errors as data.
import { appendFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'

/**
 * @typedef {{ row: string, stage: string, ok: boolean, message?: string, refused?: boolean }} StageReport
 */

/**
 * Appends reports to a file: the parent reads it after the process has ended, in whatever way.
 * @param {string} file
 */
export function createLog(file) {
  return (/** @type {object} */ report) => appendFileSync(file, `${JSON.stringify(report)}\n`)
}

/** @param {unknown} error */
export function describeError(error) {
  if (!(error instanceof Error)) return `thrown: ${inspect(error)}`
  const lines = [error.stack ?? String(error)]
  if (!lines[0]?.includes(error.message)) lines.unshift(`${error.name}: ${error.message}`)
  if (error.cause !== undefined) lines.push(`cause: ${inspect(error.cause)}`)
  return lines.join('\n')
}

/**
 * Runs the stages of one row: the first that fails ends them.
 * @param {string} row
 * @param {(report: StageReport) => void} report
 * @param {(stage: <T>(name: string, work: () => T | Promise<T>) => Promise<T>) => Promise<void>} work
 */
export async function runStages(row, report, work) {
  try {
    await work(async (name, run) => {
      try {
        const result = await withTimeLimit(run)
        report({ row, stage: name, ok: true })
        return result
      } catch (error) {
        report({ row, stage: name, ok: false, message: describeError(error) })
        throw stagesEnded
      }
    })
  } catch (error) {
    if (error !== stagesEnded) report({ row, stage: 'harness', ok: false, message: describeError(error) })
  }
}

const stagesEnded = new Error('A stage failed')

/**
 * For what waits for ever; the parent ends what never gives back the thread.
 * @template T
 * @param {() => T | Promise<T>} run
 */
async function withTimeLimit(run, milliseconds = 10_000) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Nothing came in ${milliseconds} ms`)), milliseconds)
  })
  try {
    return /** @type {T} */ (await Promise.race([run(), late]))
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Says which names `work` left on globalThis.
 * @template T
 * @param {() => T | Promise<T>} work
 * @param {boolean} [allowed]
 */
export async function leavingNoGlobals(work, allowed = false) {
  const before = new Set(Reflect.ownKeys(globalThis))
  const result = await work()
  const added = Reflect.ownKeys(globalThis).filter((key) => !before.has(key))
  if (added.length > 0 && !allowed)
    throw new Error(`New names on globalThis: ${added.map((key) => String(key)).join(', ')}`)
  return result
}

/**
 * What checks and options are given beside the value.
 * @param {string} mode
 * @param {string} folder
 * @param {object} cornichon
 */
export function createContext(mode, folder, cornichon) {
  const require = createRequire(join(folder, 'here.js'))
  return {
    mode,
    folder,
    require,
    import: (/** @type {string} */ specifier) =>
      import(
        specifier.startsWith('node:') ? specifier : pathToFileURL(resolveForImport(require, specifier)).href
      ),
    cornichon,
  }
}

/**
 * `require.resolve` knows nothing of exports that are for `import` alone: for those, the package's own word.
 * @param {NodeJS.Require} require
 * @param {string} specifier
 */
function resolveForImport(require, specifier) {
  try {
    return require.resolve(specifier)
  } catch (error) {
    const [paths] = require.resolve.paths(specifier) ?? []
    if (!paths) throw error
    const { exports, main } = require(join(paths, specifier, 'package.json'))
    const entry = exports?.['.']?.import ?? exports?.['.'] ?? exports?.import ?? exports ?? main
    if (typeof entry !== 'string') throw error
    return join(paths, specifier, entry)
  }
}

/**
 * Gives an unhandled rejection or exception to the row that runs.
 * @param {() => string | undefined} currentRow
 * @param {(report: StageReport) => void} report
 */
export function attributeStrayErrors(currentRow, report) {
  for (const event of ['unhandledRejection', 'uncaughtException']) {
    process.on(event, (error) => {
      report({ row: currentRow() ?? '', stage: event, ok: false, message: describeError(error) })
    })
  }
}
