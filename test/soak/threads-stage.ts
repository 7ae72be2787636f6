// Drivers that have nothing but their own threads. What happens to these, programs do themselves.
import type { Workspace } from '../support/workspace.ts'
import { Drivers } from './drivers.ts'
import type { Findings } from './findings.ts'
import { pause } from './server.ts'
import type { Settings } from './settings.ts'
import { allDone, isLate, type Stage } from './stage.ts'

export function openThreads(
  settings: Settings,
  findings: Findings,
  workspace: Workspace,
  ledger: string,
): Stage {
  const none = { address: null, namespace: '', keyFile: null }
  const drivers = new Drivers(findings, { ...settings, ...none }, ledger)
  return {
    drivers,
    place: `processes ${process.pid} and below`,
    get printing() {
      return drivers.all
    },
    async run() {
      await Promise.all(Array.from({ length: settings.drivers }, () => drivers.add()))
      await pause(settings.seconds * 1000)
      findings.say('what is under way has to end')
      drivers.stop()
      if (await allDone(drivers, findings, settings)) return drivers.leave()
      const text = await drivers.report()
      workspace.write({ 'dump.txt': text })
      isLate(findings, settings, text, workspace.path('dump.txt'))
    },
    async end() {
      drivers.killAll()
    },
  }
}
