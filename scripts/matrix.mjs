// `npm run test:matrix`: the tests on every supported Node version, and a table of the results.
//   npm run test:matrix -- [--node 22,24] [--others] [--v8] [vitest filters ...]
// --v8 runs only the tests of what we rely on in V8; --others leaves out the version that this runs under, whose tests
// `npm test` runs. The Node binaries come from npm, into .cache/nodes.
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './lock.mjs'
import { environmentOf, majors, nodeBinary } from './nodes.mjs'

const defaultFilters = ['test/']
const v8Filters = ['test/capture/']

const { values: flags, positionals } = parseArgs({
  options: { node: { type: 'string' }, others: { type: 'boolean' }, v8: { type: 'boolean' } },
  allowPositionals: true,
})
const own = process.versions.node.split('.')[0]
const chosen = (flags.node?.split(',') ?? majors).filter((major) => !flags.others || major !== own)
const filters = positionals.length > 0 ? positionals : flags.v8 ? v8Filters : defaultFilters

const rows = []
for (const major of chosen) {
  const binary = await nodeBinary(major)
  const version = spawnSync(binary, ['--version'], { encoding: 'utf8' }).stdout.trim()
  console.log(`\n== Node ${version}: vitest run ${filters.join(' ')}`)
  rows.push({ version, ...runTests(binary, major) })
}
printTable(rows)
process.exitCode = rows.every((row) => row.ok) ? 0 : 1

/** Runs vitest under `binary`. */
function runTests(binary, major) {
  const report = join(root, '.cache', `matrix-${major}-${process.pid}.json`)
  const started = Date.now()
  const { status } = spawnSync(
    binary,
    [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      ...filters,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    {
      cwd: root,
      stdio: ['ignore', 1, 2],
      env: environmentOf(binary),
    },
  )
  const seconds = Math.round((Date.now() - started) / 1000)
  const { passed, failed, skipped } = takeReport(report)
  return { ok: status === 0, passed, failed: status === 0 ? failed : Math.max(failed, 1), skipped, seconds }
}

function takeReport(file) {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'))
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests,
      skipped: report.numPendingTests + report.numTodoTests,
    }
  } catch {
    return { passed: 0, failed: 0, skipped: 0 }
  } finally {
    rmSync(file, { force: true })
  }
}

function printTable(rows) {
  const line = (...cells) =>
    cells.map((cell, i) => (i === 0 ? String(cell).padEnd(12) : String(cell).padStart(8))).join('')
  console.log(`\n${line('Node', 'passed', 'failed', 'skipped', 'seconds')}`)
  for (const row of rows) console.log(line(row.version, row.passed, row.failed, row.skipped, row.seconds))
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0)
  console.log(line('all', sum('passed'), sum('failed'), sum('skipped'), sum('seconds')))
}
