// A Redis, a crew of workers, drivers and faults.
import { randomBytes } from 'node:crypto'
import type { Workspace } from '../support/workspace.ts'
import { Crew, GRACE } from './crew.ts'
import { Drivers } from './drivers.ts'
import { cpuOf, dump } from './dump.ts'
import { type Fleet, injectFaults } from './faults.ts'
import type { Findings } from './findings.ts'
import { endActors, judgeLeftOvers } from './leftovers.ts'
import { pause, Server } from './server.ts'
import type { Settings } from './settings.ts'
import { allDone, isLate, type Stage } from './stage.ts'

export async function openFleet(
  settings: Settings,
  findings: Findings,
  workspace: Workspace,
  ledger: string,
): Promise<Stage> {
  const secret = settings.sign ? new Uint8Array(randomBytes(32)) : null
  const keyFile = secret === null ? null : workspace.path('key')
  if (secret !== null) workspace.write({ key: secret })
  const server = await Server.start({ fsync: settings.fsync })
  const crew = new Crew(findings, server.redis, settings, ledger, keyFile)
  const { address, namespace } = server.redis
  const drivers = new Drivers(findings, { ...settings, address, namespace, keyFile }, ledger)
  const fleet: Fleet = { server, crew, drivers }
  return {
    drivers,
    place: `Redis ${address}, namespace ${namespace}`,
    get printing() {
      return [...crew.members, ...drivers.all]
    },
    async run() {
      await Promise.all(Array.from({ length: settings.workers }, () => crew.add()))
      await Promise.all(Array.from({ length: settings.drivers }, () => drivers.add()))
      await injectFaults(fleet, findings, settings)
      findings.say('the faults are over; what is under way has to end')
      drivers.stop()
      if (await allDone(drivers, findings, settings)) return judgeEnd(fleet, findings, settings, secret)
      const text = await dump(server, crew, drivers, keyFile, workspace.folder)
      workspace.write({ 'dump.txt': text })
      isLate(findings, settings, text, workspace.path('dump.txt'))
    },
    async end() {
      drivers.killAll()
      await crew.killAll()
      await server.stop()
    },
  }
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
