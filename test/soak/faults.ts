// Faults at random moments, of random lengths. When they are over, all is as it was: as many workers and drivers, none paused.
import type { Crew } from './crew.ts'
import { GRACE } from './crew.ts'
import type { Drivers } from './drivers.ts'
import type { Findings } from './findings.ts'
import { Random } from './random.ts'
import { pause, type Server } from './server.ts'
import type { FaultKind, Settings } from './settings.ts'

export interface Fleet {
  readonly server: Server
  readonly crew: Crew
  readonly drivers: Drivers
}

type Injects = (fleet: Fleet, random: Random, findings: Findings, settings: Settings) => Promise<unknown>

/** Each ends when all is as before. A victim that there is none of makes it nothing, and so does a Redis that is away. */
const kinds: Readonly<Record<FaultKind, Injects>> = {
  async kill({ crew }, random, findings) {
    const victim = random.pick(crew.working())
    const away = random.skewed(0, 3000)
    if (victim === undefined) return
    const fault = findings.fault('kill', victim.name, `${victim.name} (${victim.pid}), another in ${away} ms`)
    await crew.kill(victim)
    await pause(away)
    await crew.add()
    fault.until = Date.now()
  },

  async term({ crew }, random, findings) {
    const victim = random.pick(crew.working())
    const away = random.skewed(0, 3000)
    if (victim === undefined) return
    const fault = findings.fault('term', victim.name, `${victim.name} (${victim.pid}), another in ${away} ms`)
    // What it waits for may be with a Redis that is away, which is what its grace is for.
    const ended = crew.stop(victim, (GRACE + 30) * 1000)
    await pause(away)
    await crew.add()
    await ended
    fault.until = Date.now()
  },

  async pause({ crew }, random, findings, { recoverAfter }) {
    const victim = random.pick(crew.working())
    const span = random.skewed(100, 2500 * recoverAfter)
    if (victim === undefined) return
    victim.state = 'paused'
    const fault = findings.fault('pause', victim.name, `${victim.name} (${victim.pid}) for ${span} ms`)
    victim.child.kill('SIGSTOP')
    await pause(span)
    victim.child.kill('SIGCONT')
    fault.until = Date.now()
    if (victim.state === 'paused') victim.state = 'works'
  },

  async redis({ server }, random, findings) {
    const away = random.skewed(0, 5000)
    if (server.isAway) return
    const fault = findings.fault('redis', null, `away for ${away} ms`)
    await server.crash(away)
    fault.until = Date.now()
  },

  async stall({ server }, random, findings, { recoverAfter }) {
    const span = random.skewed(100, 2500 * recoverAfter)
    if (server.isAway) return
    const fault = findings.fault('stall', null, `for ${span} ms`)
    await server.stall(span)
    fault.until = Date.now()
  },

  async client({ server }, random, findings) {
    const share = random.pick([0.1, 0.3, 1])
    const fault = findings.fault(
      'client',
      null,
      share === 1 ? 'all connections' : `${share * 100} % of connections`,
    )
    await server.killClients((ids) => ids.filter(() => random.isTrue(share)))
    fault.until = Date.now()
  },

  async driver({ drivers }, random, findings) {
    const victim = random.pick(drivers.running())
    if (victim === undefined || drivers.running().length < 2) return
    const fault = findings.fault('driver', victim.name, `${victim.name} (${victim.pid}), and another comes`)
    await drivers.kill(victim)
    await drivers.add()
    fault.until = Date.now()
  },
}

/** Ends when the time is over, and so are all faults. */
export async function injectFaults(fleet: Fleet, findings: Findings, settings: Settings): Promise<void> {
  const random = new Random(`${settings.seed} faults`)
  const end = Date.now() + settings.seconds * 1000
  const under: Promise<unknown>[] = []
  for (;;) {
    // Sometimes two at almost the same moment.
    const gap = random.isTrue(0.15) ? random.whole(0, 50) : random.whole(300, 2000 * settings.every)
    await pause(Math.max(0, Math.min(gap, end - Date.now())))
    if (Date.now() >= end) break
    if (settings.faults.length === 0) continue
    const kind = random.pick(settings.faults)
    // Its own: how many numbers one needs depends on what there is just then.
    const own = new Random(`${settings.seed} fault ${under.length}`)
    under.push(kinds[kind](fleet, own, findings, settings))
  }
  await Promise.all(under)
}
