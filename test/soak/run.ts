// One run: a Redis, a crew of workers, drivers and faults; then all has to come to its end, and be as it should.
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createWorkspace } from '../support/workspace.ts'
import { Crew, ENDS_WITHOUT_REDIS, GRACE } from './crew.ts'
import { Drivers } from './drivers.ts'
import { cpuOf, dump } from './dump.ts'
import { type Fleet, injectFaults } from './faults.ts'
import { Findings } from './findings.ts'
import { judgeFailures, judgeRuns } from './judge.ts'
import { readLedger } from './ledger.ts'
import { endActors, judgeLeftOvers } from './leftovers.ts'
import { pause, Server } from './server.ts'
import type { Settings } from './settings.ts'

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
  const secret = settings.sign ? new Uint8Array(randomBytes(32)) : null
  const keyFile = secret === null ? null : workspace.path('key')
  if (secret !== null) workspace.write({ key: secret })
  const ledger = workspace.path('ledger')
  mkdirSync(ledger)
  const server = await Server.start({ fsync: settings.fsync })
  const crew = new Crew(findings, server.redis, settings, ledger, keyFile)
  const { address, namespace } = server.redis
  const drivers = new Drivers(findings, { ...settings, address, namespace, keyFile })
  const fleet: Fleet = { server, crew, drivers }
  const endAll = async () => {
    drivers.killAll()
    await crew.killAll()
    await server.stop()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void endAll().finally(() => process.exit(130)))
  try {
    await Promise.all(Array.from({ length: settings.workers }, () => crew.add()))
    await Promise.all(Array.from({ length: settings.drivers }, () => drivers.add()))
    await injectFaults(fleet, findings, settings)
    findings.say('the faults are over; what is under way has to end')
    drivers.stop()
    if (await allDone(drivers, findings, settings)) await judgeEnd(fleet, findings, settings, secret)
    else {
      const text = await dump(server, crew, drivers, keyFile, workspace.folder)
      workspace.write({ 'dump.txt': text })
      findings.violation(
        `not all calls are over ${settings.bound} s after the last fault`,
        text.length > 20_000
          ? `${text.slice(0, 20_000)}\n... all of it is in ${workspace.path('dump.txt')}`
          : text,
      )
    }
    const runs = readLedger(ledger)
    judgeFailures(findings, drivers.failed, runs, settings)
    const printed = crew.members.flatMap(({ output }) => output).join('\n')
    judgeRuns(findings, runs, printed, settings)
    judgeOutput(fleet, findings)
  } finally {
    const isWrong = findings.violations.length > 0
    if (isWrong && settings.hold) {
      findings.say(`held: Redis ${address}, namespace ${namespace}; Ctrl-C ends all`)
      await new Promise(() => setInterval(() => {}, 1000))
    }
    await endAll()
  }
  if (findings.violations.length === 0 && !settings.keep) {
    workspace.remove()
    return { findings, folder: null }
  }
  const outputs = [...crew.members, ...drivers.all].map(({ name, output }) => [
    `output/${name}.txt`,
    output.join('\n'),
  ])
  workspace.write({ 'log.txt': log.join('\n'), ...Object.fromEntries(outputs) })
  writeFileSync(workspace.path('faults.json'), JSON.stringify(findings.faults, null, 1))
  return { findings, folder: workspace.folder }
}

async function allDone(drivers: Drivers, findings: Findings, { bound }: Settings): Promise<boolean> {
  const began = Date.now()
  while (drivers.running().length > 0) {
    if (Date.now() - began > bound * 1000) return false
    await pause(100)
  }
  findings.say(`all programs have ended, ${((Date.now() - began) / 1000).toFixed(1)} s after the last fault`)
  return true
}

async function judgeEnd(
  { server, crew, drivers }: Fleet,
  findings: Findings,
  { faults }: Settings,
  secret: Uint8Array | null,
): Promise<void> {
  await drivers.leave()
  for (const text of await endActors(server, secret))
    findings.violation(`a detached actor does not live: ${text}`)
  await judgeLeftOvers(
    server,
    findings,
    findings.faults.some(({ kind }) => kind === 'kill' || kind === 'driver' || kind === 'pause'),
  )
  await judgeIdle(crew, findings)
  await Promise.all(crew.working().map((member) => crew.stop(member, GRACE * 1000)))
  if (faults.length === 0) findings.say('there were no faults')
}

/** Of the last three seconds, so much may be work: beats, looks at queues. */
const IDLE_SHARE = 0.15
const IDLE_SPAN = 3000

async function judgeIdle(crew: Crew, findings: Findings): Promise<void> {
  const before = crew.working().map(({ pid }) => cpuOf(pid))
  await pause(IDLE_SPAN)
  for (const [i, { name, pid }] of crew.working().entries()) {
    const [first, last] = [before[i], cpuOf(pid)]
    if (first == null || last === null || last - first <= IDLE_SHARE * IDLE_SPAN) continue
    findings.violation(`worker ${name} used ${last - first} ms of CPU in ${IDLE_SPAN} ms with nothing to do`)
  }
}

/**
 * Workers say that they are ready, stop and have stopped, as JSON, and why threads ended. Besides, both they and drivers say
 * that Redis is away, if that may have been; workers, that they end without it.
 */
function judgeOutput({ crew, drivers }: Fleet, findings: Findings): void {
  const mayBeAway = findings.faults.some(
    ({ kind }) => kind === 'redis' || kind === 'client' || kind === 'stall',
  )
  const isExpected = (line: string) =>
    line.trim() === '' ||
    /^\{"state":"\w+"/.test(line) ||
    /^\(node:\d+\) WorkerEndWarning: |^\(Use `node --trace-warn/.test(line) ||
    (mayBeAway && /^\(node:\d+\) RedisWarning: the connection to Redis at .* is lost/.test(line)) ||
    (mayBeAway && ENDS_WITHOUT_REDIS.test(line))
  for (const { name, output } of [...crew.members, ...drivers.all]) {
    const unexpected = output
      .join('\n')
      .split('\n')
      .filter((line) => !isExpected(line))
    if (unexpected.length > 0)
      findings.violation(`${name} printed something`, unexpected.slice(0, 50).join('\n'))
  }
}
