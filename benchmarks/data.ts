// `npm run bench -- data [--smoke] [--only a,b,objects] [--json]`: how fast, and how small, is plain data through dumps
// and loads, next to other codecs; does it come back the same; does an object cost the same among many?
// --smoke makes everything small and runs it once, without peers that are slow or not there; --only chooses payloads; --json
// prints the numbers (microseconds) and nothing else. Ends with an exit code other than 0 if something crashes or one
// of our results is wrong, never for being slow.
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { libraries } from './data/libraries.mjs'
import { measureObjects, printObjects } from './data/objects.ts'
import { payloads } from './data/payloads.mjs'
import { measure, verify } from './data/processes.ts'
import {
  judge,
  meanRatio,
  noResult,
  printPayload,
  printRatios,
  type Results,
  ratioTo,
} from './data/report.ts'
import { missingPackage } from './support/peers.ts'
import { Goals } from './support/report.ts'

const { smoke, only, json } = parseArgs({
  options: {
    smoke: { type: 'boolean', default: false },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
}).values

const ids = [...Object.keys(payloads), 'objects']
const wanted = only?.split(',') ?? ids
for (const id of wanted)
  if (!ids.includes(id)) throw new Error(`There is no payload '${id}'; there are ${ids.join(', ')}`)

const note = (line: string) => (json ? console.error(line) : console.log(line))
const present = libraries.filter(({ name, package: needed, slow }) => {
  if (slow && smoke) return false
  const missing = needed === undefined ? null : missingPackage(needed)
  if (missing !== null) note(`${name} is left out: ${missing}`)
  return missing === null
})
const takingPart = (id: string) =>
  present.filter(({ only }) => only === undefined || only === id).map(({ name }) => name)

note(
  `Node ${process.version}, ${cpus()[0]?.model ?? process.arch}, ${cpus().length} cores; CPU time, medians`,
)
const scale = smoke ? 500 : 1
const chosen = wanted.filter((id) => id !== 'objects')
const tasks = chosen.flatMap((id) => takingPart(id).map((name): [string, string] => [id, name]))
const verdicts = await verify(tasks, smoke ? 500 : 20, 10)

const results: Results = {}
for (const id of chosen) {
  results[id] = await measure({
    payload: id,
    libraries: takingPart(id).filter((name) => !verdicts[id][name]?.startsWith('refused')),
    scale,
    rounds: smoke ? 1 : 11,
    budget: smoke ? 100 : 2500,
  })
  for (const [name, problem] of Object.entries(verdicts[id])) {
    results[id][name] ??= noResult
    results[id][name] = { ...results[id][name], problem: results[id][name].problem ?? problem }
  }
  if (!json) printPayload(`(${id}) ${payloads[id].title}${smoke ? ', made small' : ''}`, results[id])
}
const counts = smoke ? [1000, 10_000] : [1000, 10_000, 100_000, 1_000_000]
const costs = wanted.includes('objects')
  ? await measureObjects(counts, smoke ? { rounds: 1, budget: 100 } : { rounds: 7, budget: 3000 })
  : null

if (json) {
  const ratios = Object.fromEntries(chosen.map((id) => [id, ratioTo(results[id], ['v8', 'msgpackr'])]))
  console.log(JSON.stringify({ results, ratios, mean: meanRatio(results), objects: costs }, null, 1))
} else {
  const goals = new Goals()
  if (chosen.length > 1) printRatios(results)
  judge(results, goals)
  if (costs) printObjects(costs, goals)
  if (!smoke) goals.print()
}
const wrong = Object.entries(verdicts).filter(([, verdict]) => verdict['cornichon'])
for (const [id, verdict] of wrong) console.error(`\nOur result on (${id}) is wrong: ${verdict['cornichon']}`)
if (wrong.length > 0) process.exitCode = 1
