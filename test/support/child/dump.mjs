// @ts-check
// The process that has the sources: builds and dumps the rows of one mode.
// node dump.mjs plan.json
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { dumpRow } from './dump-row.mjs'
import { attributeStrayErrors, createLog, describeError } from './report.mjs'

const plan = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))
const log = createLog(plan.log)
/** @type {string | undefined} */
let current
attributeStrayErrors(() => current, log)

const cornichon = await import(plan.cornichon)
const { functionsOf } = await import(pathToFileURL(plan.functions).href)

for (const row of plan.rows) {
  current = row.key
  log({ start: row.key })
  try {
    const original = await importRow(row.originalFile)
    const sender = await importRow(row.senderFile)
    await dumpRow(
      {
        key: row.key,
        mode: plan.mode,
        cornichon,
        original: { build: original.build, folder: dirname(row.originalFile) },
        sender: { build: sender.build, folder: dirname(row.senderFile) },
        functions: functionsOf[row.key],
        options: row.options,
        save: (bytes) => writeFileSync(row.bundleFile, bytes),
      },
      log,
    )
  } catch (error) {
    log({ row: row.key, stage: 'importing the module', ok: false, message: describeError(error) })
  }
  await new Promise((resolve) => setImmediate(resolve))
  log({ end: row.key })
}
// What a row left running (a server, a timer) is no reason to stay.
process.exit(0)

/** @param {string} file */
function importRow(file) {
  return file.endsWith('.cjs') ? createRequire(file)(file) : import(pathToFileURL(file).href)
}
