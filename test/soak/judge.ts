// Whether calls may have ended as they did, by what happened to the fleet: errors that only faults can explain, and calls that
// ran more than once.
import type { Fault, Findings } from './findings.ts'
import { flagsOf, processOf, type Run } from './ledger.ts'
import type { FailedCall } from './messages.ts'
import type { Settings } from './settings.ts'

/** Faults that end a worker process, or have others think so. */
function deathsBetween(findings: Findings, from: number, to: number, { recoverAfter }: Settings): Fault[] {
  return findings.faults.filter(({ kind, at, until }) => {
    if (at > to || (until ?? to) < from) return false
    if (kind === 'kill' || kind === 'term') return true
    // Locks last as long, and are renewed in the middle of it.
    return kind === 'pause' && (until ?? Number.POSITIVE_INFINITY) - at > (recoverAfter * 1000) / 3
  })
}

/** Milliseconds: what a worker had is another's only some time after it died. */
const mayTakeFor = ({ recoverAfter }: Settings): number => 3000 * recoverAfter + 1000

export function judgeFailures(
  findings: Findings,
  calls: readonly FailedCall[],
  runs: readonly Run[],
  settings: Settings,
): void {
  const byId = groupBy(runs, ({ id }) => id)
  for (const call of calls) {
    const workers = (byId.get(call.id) ?? []).map(({ worker }) => processOf(worker))
    const why = objection(findings, call, workers, settings)
    if (why !== null)
      findings.violation(
        `${call.id} (${call.program}) failed with ${call.error}, ${why}`,
        describe(call, findings),
      )
    else findings.count(`excused ${call.error}`)
  }
}

/** Why the error can't be; null if a fault explains it. `workers` are those in which it began. */
function objection(
  findings: Findings,
  call: FailedCall,
  workers: readonly string[],
  settings: Settings,
): string | null {
  const { error, message, budget, restarts, made, over } = call
  const deaths = deathsBetween(findings, made - mayTakeFor(settings), over, settings)
  if (error === 'WorkerCrashedError')
    return budget >= 0 && deaths.length > budget
      ? null
      : `though it survives ${budget < 0 ? 'all' : budget} and ${deaths.length} workers died`
  // Whoever found it by its name has it without a life.
  const isHeldBack = /never lived: the process that was about to start it has ended/.test(message)
  if (isHeldBack && findings.faults.some(({ kind, at }) => kind === 'driver' && at < over)) return null
  if (error === 'ActorDiedError' || /^there is no actor named/.test(message)) {
    const survives = /died while it ran/.test(message) ? budget : (restarts ?? budget)
    if (survives < 0 || deaths.length <= survives)
      return `though it survives ${survives < 0 ? 'all' : survives} and ${deaths.length} workers died`
    // A task that has called the actor is somewhere else.
    const isOwn = !message.includes('; because: ')
    if (
      isOwn &&
      workers.length > 0 &&
      !deaths.some(({ victim }) => victim !== null && workers.includes(victim))
    )
      return `though nothing happened to the workers that ran it (${workers.join(', ')})`
    return null
  }
  if (error === 'ObjectLostError' && deaths.length > 0 && call.program === 'givers') return null
  if (
    error === 'ObjectLostError' &&
    settings.fsync !== 'always' &&
    findings.faults.some(({ kind }) => kind === 'redis')
  )
    return null
  return 'which nothing explains'
}

function describe(call: FailedCall, findings: Findings): string {
  return [
    call.message,
    `made at ${findings.at(call.made)}, over at ${findings.at(call.over)}; ${JSON.stringify(call)}`,
  ].join('\n')
}

/** What a worker says of a thread that it has ended for one task that was cancelled: the others there run again. */
const ENDED_BY_FORCE = /WorkerEndWarning: (.+?) ended: .* was cancelled, with force/g

/**
 * Calls that ran more often than a fault, or what ended their thread, explains; and two at once that have to be alone.
 * `output` is what workers have printed.
 */
export function judgeRuns(
  findings: Findings,
  runs: readonly Run[],
  output: string,
  settings: Settings,
): void {
  findings.count('runs', runs.length)
  const byId = groupBy(runs, ({ id }) => id)
  const endedThreads = new Set([
    ...runs.filter(({ id }) => flagsOf(id).includes('x')).map(({ worker }) => worker),
    ...Array.from(output.matchAll(ENDED_BY_FORCE), ([, worker]) => worker!),
  ])
  for (const [id, all] of byId) {
    const flags = flagsOf(id)
    const own = Number(flags.find((flag) => flag.startsWith('t'))?.slice(1) ?? 1)
    if (all.length <= own) continue
    findings.count('calls that ran again')
    if (flags.includes('x') || all.some(({ worker }) => endedThreads.has(worker))) continue
    const last = all.at(-1)!
    // One that stood still may have had it before it began elsewhere, and begin it behind that.
    const isExplained = all.some(({ worker, at }) =>
      deathsBetween(findings, at - mayTakeFor(settings), last.at, settings).some(
        ({ victim }) => victim === processOf(worker),
      ),
    )
    if (isExplained && !flags.includes('0')) continue
    findings.violation(
      `${id} ran ${all.length} times${isExplained ? ', and has no retries' : ', though its workers lived'}`,
      all.map((run) => `${findings.at(run.at)} ${JSON.stringify(run)}`).join('\n'),
    )
  }
  judgeLonely(findings, runs, endedThreads)
}

function judgeLonely(findings: Findings, runs: readonly Run[], endedThreads: ReadonlySet<string>): void {
  const lonely = runs.filter(({ id }) => flagsOf(id).includes('e'))
  for (const some of groupBy(lonely, ({ worker }) => processOf(worker)).values()) {
    for (const [i, run] of some.entries()) {
      const before = some[i - 1]
      if (before === undefined || before.ended === null || endedThreads.has(before.worker)) continue
      // Milliseconds of one clock.
      if (before.ended > run.at)
        findings.violation(
          `${before.id} and ${run.id} had the same resource at once`,
          JSON.stringify([before, run]),
        )
    }
  }
}

function groupBy<K, V>(values: readonly V[], keyOf: (value: V) => K): Map<K, V[]> {
  const groups = new Map<K, V[]>()
  for (const value of values) {
    const key = keyOf(value)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [value])
    else group.push(value)
  }
  return groups
}
