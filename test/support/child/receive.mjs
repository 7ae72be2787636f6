// @ts-check
// A process without the sources: loads a bundle, dumps what came back, then writes down what that does here.
// node receive.mjs job.json
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { perform } from './perform.mjs'
import { leavingNoGlobals } from './report.mjs'

const job = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))
const { dumps, loadsAsync } = await import(job.cornichon)

const result = await perform(async () => {
  for (const gone of job.gone) if (existsSync(gone)) throw new Error(`${gone} is still there`)
  const value = await leavingNoGlobals(() => loadsAsync(readFileSync(job.bundle)))
  if (job.again) writeFileSync(job.again, dumps(value))
  return value
}, job)
writeFileSync(job.received, JSON.stringify(result))
// What the value left running is no reason to stay.
process.exit(0)
