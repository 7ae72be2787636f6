// The same closures through cornichon and its peers: each contestant dumps and loads in processes of its own, by turns
// with the others, and the medians over all rounds are printed with the peer's time as a multiple of ours.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { measureIn } from '../support/child.ts'
import { median } from '../support/measure.mjs'
import { missingPackage, missingPython } from '../support/peers.ts'
import { type Goals, printTable, ratio, size, time } from '../support/report.ts'
import type { Outcome } from './drive.mjs'
import { subjectFile, subjectNames, subjects } from './subjects.mjs'

interface Contestant {
  readonly name: string
  readonly program: string
  readonly file: string
  /** Null if it can take part, else why not. */
  readonly missing: string | null
}

interface Result {
  readonly lists: Record<string, number[]>
  size: number
  problem: string | null
}

/** By contestant, then by subject. */
type Results = ReadonlyMap<string, ReadonlyMap<string, Result>>

export interface CompareOptions {
  readonly folder: string
  readonly rounds: number
  /** Scripts of each subject in each round. */
  readonly cold: number
  /** Repetitions of what is warm. */
  readonly warm: number
  /** Whether the peers from npm take part: loading them alone takes seconds. */
  readonly peers: boolean
}

const MEASURES = [
  'dump: first in the process',
  'dump: new script',
  'dump: another closure of it',
  'dump: again, changed',
  'load: first in the process',
  'load: new code',
  'load: code seen before',
]

function contestants(peers: boolean): Contestant[] {
  const fromNpm = (name: string) => (peers ? missingPackage(name) : 'not needed to see whether all works')
  const node = process.execPath
  return [
    { name: 'cornichon', program: node, file: 'cornichon.mjs', missing: null },
    {
      name: 'cloudpickle',
      program: 'python3',
      file: 'python.py',
      missing: missingPython('cloudpickle'),
    },
    { name: 'pulumi', program: node, file: 'pulumi.mjs', missing: fromNpm('@pulumi/pulumi') },
    { name: 'livepack', program: node, file: 'livepack.mjs', missing: fromNpm('livepack') },
  ]
}

/** Returns whether all of cornichon's results were right. */
export function compare(options: CompareOptions, goals: Goals): boolean {
  console.log('\ncornichon and its peers: medians; in brackets how many times longer a peer takes\n')
  const present = contestants(options.peers).filter(({ name, missing }) => {
    if (missing !== null) console.log(`${name} is left out: ${missing}`)
    return missing === null
  })
  writeSubjects(options)
  const results = run(present, options)
  print(present, results)
  judge(results, goals)
  return [...results.get('cornichon')!.values()].every(({ problem }) => problem === null)
}

function writeSubjects({ folder, cold }: CompareOptions): void {
  mkdirSync(folder, { recursive: true })
  for (const [i, text] of Object.values(subjects).entries())
    for (let run = 0; run < cold; run++)
      writeFileSync(subjectFile(folder, i, run), text.replaceAll('SEED', String(run)))
}

function run(present: readonly Contestant[], { folder, cold, warm, rounds }: CompareOptions): Results {
  const results = new Map(present.map(({ name }) => [name, new Map<string, Result>()]))
  const plan = JSON.stringify({ folder, cold, warm, names: subjectNames })
  for (let round = 0; round < rounds; round++) {
    for (const { name, program, file } of present) {
      for (const stage of ['dump', 'load']) {
        const outcomes = runStage(name, program, [join(import.meta.dirname, file), stage, plan])
        for (const [subject, outcome] of Object.entries(outcomes)) merge(results.get(name)!, subject, outcome)
      }
    }
  }
  return results
}

/** A peer that does not work here is told in the table; if we don't, the benchmark fails. */
function runStage(name: string, program: string, args: readonly string[]): Record<string, Outcome> {
  try {
    return measureIn(program, args)
  } catch (error) {
    if (name === 'cornichon') throw error
    const problem = `does not work here: ${(error as Error).message}`
    return Object.fromEntries(subjectNames.map((subject) => [subject, { lists: {}, size: 0, problem }]))
  }
}

function merge(into: Map<string, Result>, subject: string, outcome: Outcome): void {
  const result = into.get(subject)
  if (!result) {
    into.set(subject, outcome)
    return
  }
  for (const [name, list] of Object.entries(outcome.lists)) (result.lists[name] ??= []).push(...list)
  result.size ||= outcome.size
  result.problem ??= outcome.problem
}

function medianOf(results: Results, contestant: string, subject: string, measure: string): number | null {
  const list = results.get(contestant)?.get(subject)?.lists[measure]
  return list === undefined || list.length === 0 ? null : median(list)
}

function print(present: readonly Contestant[], results: Results): void {
  for (const subject of subjectNames) {
    const rows: string[][] = []
    for (const measure of MEASURES) {
      const ours = medianOf(results, 'cornichon', subject, measure)
      if (ours === null) continue
      rows.push([
        `  ${measure}`,
        ...present.map(({ name }) => {
          const theirs = medianOf(results, name, subject, measure)
          if (theirs === null) return '-'
          return name === 'cornichon' ? time(theirs) : `${time(theirs)} (${ratio(theirs / ours)})`
        }),
      ])
    }
    const sizes = present.map(({ name }) => results.get(name)!.get(subject)!.size)
    rows.push(['  size', ...sizes.map((bytes) => (bytes > 0 ? size(bytes) : '-'))])
    console.log()
    printTable([subject, ...present.map(({ name }) => name)], rows)
    for (const { name } of present) {
      const { problem } = results.get(name)!.get(subject)!
      if (problem !== null) console.log(`  WRONG  ${name}: ${problem}`)
    }
  }
}

function judge(results: Results, goals: Goals): void {
  const factor = (subject: string, measure: string, peer: string): number | null => {
    const ours = medianOf(results, 'cornichon', subject, measure)
    const theirs = medianOf(results, peer, subject, measure)
    return ours === null || theirs === null ? null : theirs / ours
  }
  const check = (goal: string, measure: string, peer: string, least: number) => {
    const factors = subjectNames.map((subject) => [subject, factor(subject, measure, peer)] as const)
    const known = factors.filter((each): each is [string, number] => each[1] !== null)
    if (known.length === 0) return goals.unknown(goal, `${peer} was not measured`)
    const shown = known.map(([subject, value]) => `${subject} ${ratio(value)}`).join(', ')
    goals.check(goal, known.length === factors.length && known.every(([, value]) => value >= least), shown)
  }
  check('cold dumps, new script: 30 times faster than pulumi', 'dump: new script', 'pulumi', 30)
  check(
    'cold dumps, another closure: 30 times faster than pulumi',
    'dump: another closure of it',
    'pulumi',
    30,
  )
  check('dumping again: faster than cloudpickle', 'dump: again, changed', 'cloudpickle', 1)
  check('loading code seen before: faster than cloudpickle', 'load: code seen before', 'cloudpickle', 1)
}
