// Runs child processes that work through a list of rows. One that hangs or crashes is given to the row it was at;
// a new process does the rest.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { nodeBinary } from './paths.ts'
import type { Workspace } from './workspace.ts'

export interface StageReport {
  readonly row: string
  readonly stage: string
  readonly ok: boolean
  readonly message?: string
  readonly refused?: boolean
}

export interface RowsJob {
  readonly workspace: Workspace
  /** Names the plan's and the log's files. */
  readonly name: string
  readonly script: string
  readonly nodeArguments?: readonly string[]
  readonly cwd: string
  readonly plan: object
  readonly rows: readonly { readonly key: string; readonly timeout?: number }[]
}

/** Without a word for so long, a process counts as hanging. */
const silenceMilliseconds = 60_000
const startMilliseconds = 60_000

export async function runRows(job: RowsJob): Promise<StageReport[]> {
  const reports: StageReport[] = []
  let rows = job.rows
  for (let attempt = 0; rows.length > 0; attempt++) {
    const outcome = await runOnce(job, rows, attempt)
    reports.push(...outcome.reports)
    if (outcome.unfinished === undefined) return reports
    const { row, reason } = outcome.unfinished
    if (row === undefined) {
      // It never got to a row: another attempt would end the same way.
      reports.push(...rows.map(({ key }) => ({ row: key, stage: 'process', ok: false, message: reason })))
      return reports
    }
    reports.push({ row, stage: 'process', ok: false, message: reason })
    rows = rows.slice(rows.findIndex(({ key }) => key === row) + 1)
  }
  return reports
}

interface Outcome {
  readonly reports: StageReport[]
  readonly unfinished?: { readonly row: string | undefined; readonly reason: string }
}

async function runOnce(job: RowsJob, rows: RowsJob['rows'], attempt: number): Promise<Outcome> {
  const base = `${job.name}-${attempt}`
  const log = job.workspace.path(`${base}.log`)
  job.workspace.write({
    [`${base}.json`]: JSON.stringify({ ...job.plan, rows, log }),
    [`${base}.log`]: '',
  })
  const timeouts = new Map(rows.map(({ key, timeout }) => [key, timeout ?? silenceMilliseconds]))
  const child = spawn(
    nodeBinary,
    [...(job.nodeArguments ?? []), job.script, job.workspace.path(`${base}.json`)],
    { cwd: job.cwd, env: childEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let output = ''
  const collect = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-4_000)
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)

  let hung = false
  const watch = setInterval(() => {
    if (!existsSync(log)) return
    const { size, mtimeMs } = statSync(log)
    const { current } = readLog(log)
    const limit = size === 0 ? startMilliseconds : (timeouts.get(current ?? '') ?? silenceMilliseconds)
    if (Date.now() - mtimeMs < limit) return
    hung = true
    child.kill('SIGKILL')
  }, 500)
  const ended = await new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(`could not be started: ${error.message}`))
    child.on('close', (code, signal) => resolve(code === 0 ? '' : `exit code ${code}, signal ${signal}`))
  })
  clearInterval(watch)

  const { reports, current, done } = readLog(log)
  if (done === rows.length) return { reports }
  const reason = hung ? 'The process hung' : `The process ended: ${ended || 'exit code 0'}`
  return { reports, unfinished: { row: current, reason: `${reason}\n${output}` } }
}

/** What the tests' own runner sets up must not leak into the processes that prove the rows. */
export function childEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS, VITEST, NODE_ENV, NODE_V8_COVERAGE, ...rest } = process.env
  return rest
}

interface Log {
  readonly reports: StageReport[]
  /** The row that was begun and not ended. */
  readonly current: string | undefined
  readonly done: number
}

function readLog(file: string): Log {
  const reports: StageReport[] = []
  let current: string | undefined
  let done = 0
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue
    const entry = JSON.parse(line)
    if (entry.start !== undefined) current = entry.start
    else if (entry.end !== undefined) {
      current = undefined
      done++
    } else reports.push(entry)
  }
  return { reports, current, done }
}
