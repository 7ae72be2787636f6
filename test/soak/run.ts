// One run: programs and faults, then all has to come to its end, and be as it should.
import { mkdirSync, writeFileSync } from 'node:fs'
import { createWorkspace } from '../support/workspace.ts'
import { ENDS_WITHOUT_REDIS } from './crew.ts'
import { Findings } from './findings.ts'
import { openFleet } from './fleet-stage.ts'
import { judgeFailures, judgeRuns } from './judge.ts'
import { readLedger } from './ledger.ts'
import type { Settings } from './settings.ts'
import type { Stage } from './stage.ts'
import { openThreads } from './threads-stage.ts'

/** Whether all was well, and where everything is written down if it was kept. */
export async function soak(
  settings: Settings,
  say: (text: string) => void,
): Promise<{ readonly findings: Findings; readonly folder: string | null }> {
  const workspace = createWorkspace()
  const log: string[] = []
  const findings = new Findings((text) => {
    log.push(text)
    say(text)
  })
  const ledger = workspace.path('ledger')
  mkdirSync(ledger)
  const open = settings.engine === 'threads' ? openThreads : openFleet
  const stage = await open(settings, findings, workspace, ledger)
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stage.end().finally(() => process.exit(130)))
  try {
    await stage.run()
    const runs = readLedger(ledger)
    judgeFailures(findings, stage.drivers.failed, runs, settings)
    const printed = stage.printing.flatMap(({ output }) => output).join('\n')
    judgeRuns(findings, runs, printed, settings)
    judgeOutput(stage, findings)
  } finally {
    const isWrong = findings.violations.length > 0
    if (isWrong && settings.hold) {
      findings.say(`held: ${stage.place}; Ctrl-C ends all`)
      await new Promise(() => setInterval(() => {}, 1000))
    }
    await stage.end()
  }
  if (findings.violations.length === 0 && !settings.keep) {
    workspace.remove()
    return { findings, folder: null }
  }
  const outputs = stage.printing.map(({ name, output }) => [`output/${name}.txt`, output.join('\n')])
  workspace.write({ 'log.txt': log.join('\n'), ...Object.fromEntries(outputs) })
  writeFileSync(workspace.path('faults.json'), JSON.stringify(findings.faults, null, 1))
  return { findings, folder: workspace.folder }
}

/**
 * Workers say that they are ready, stop and have stopped, as JSON, and why threads ended. Besides, both they and drivers say
 * that Redis is away, if that may have been; workers, that they end without it.
 */
function judgeOutput({ printing }: Stage, findings: Findings): void {
  const mayBeAway = findings.faults.some(
    ({ kind }) => kind === 'redis' || kind === 'client' || kind === 'stall',
  )
  const isExpected = (line: string) =>
    line.trim() === '' ||
    /^\{"state":"\w+"/.test(line) ||
    /^\(node:\d+\) WorkerEndWarning: |^\(Use `node --trace-warn/.test(line) ||
    (mayBeAway && /^\(node:\d+\) RedisWarning: the connection to Redis at .* is lost/.test(line)) ||
    (mayBeAway && ENDS_WITHOUT_REDIS.test(line))
  for (const { name, output } of printing) {
    const unexpected = output
      .join('\n')
      .split('\n')
      .filter((line) => !isExpected(line))
    if (unexpected.length > 0)
      findings.violation(`${name} printed something`, unexpected.slice(0, 50).join('\n'))
  }
}
