// What ran where, beside Redis: each run of a call writes a line to a file of its worker process, so that a run counts also where
// nothing else is heard of it.
import { appendFileSync, readdirSync, readFileSync } from 'node:fs'
import { currentTask } from 'cornichon/executor'

/** In a worker's environment: the folder. */
export const LEDGER = 'CORNICHON_SOAK_LEDGER'

/**
 * What an id says of its call, behind a `!`:
 * - `0`: it has no retries
 * - `t<count>`: it runs so often by itself, for it throws, or ends its thread
 * - `x`: its thread may end before it is over, and what else is there runs again
 * - `e`: it has a resource for itself of which each worker process has one
 */
export type Flag = '0' | 'x' | 'e' | `t${number}`

export const withFlags = (id: string, flags: readonly Flag[]): string =>
  flags.length === 0 ? id : `${id}!${flags.join('!')}`

/** A call of a task has a `/` behind the task's id; what ends that may end it, too. */
export function flagsOf(id: string): readonly string[] {
  const parts = id.split('/').map((part) => part.split('!').slice(1))
  const own = parts.pop()!
  return parts.some((flags) => flags.includes('x')) ? [...own, 'x'] : own
}

/** Runs in tasks: this call begins here. */
export function note(id: string, what: 'begins' | 'ends' = 'begins'): void {
  const { worker, attempt } = currentTask()
  appendFileSync(
    `${process.env.CORNICHON_SOAK_LEDGER}/${process.pid}`,
    `${what} ${Date.now()} ${attempt} ${id} ${worker}\n`,
  )
}

/** Of a thread, or of a process for a runtime environment, by its name: the name of its worker process. */
export const processOf = (worker: string): string => worker.split('/', 1)[0]!

export interface Run {
  readonly id: string
  readonly at: number
  readonly attempt: number
  readonly worker: string
  readonly ended: number | null
}

export function readLedger(folder: string): Run[] {
  const runs: Run[] = []
  for (const file of readdirSync(folder)) {
    const open = new Map<string, { ended: number | null }>()
    for (const line of readFileSync(`${folder}/${file}`, 'utf8').split('\n')) {
      const [what, at, attempt, id, ...worker] = line.split(' ')
      if (id === undefined) continue
      if (what === 'begins') {
        const run = {
          ...{ id, at: Number(at), attempt: Number(attempt), worker: worker.join(' ') },
          ended: null,
        }
        runs.push(run)
        open.set(id, run)
      } else {
        const run = open.get(id)
        if (run !== undefined) run.ended = Number(at)
      }
    }
  }
  return runs.sort((a, b) => a.at - b.at)
}
