// What a run takes place on: a fleet, or the threads of drivers.
import type { Drivers } from './drivers.ts'
import type { Findings } from './findings.ts'
import { pause } from './server.ts'
import type { Settings } from './settings.ts'

export interface Stage {
  readonly drivers: Drivers
  /** All processes that print something, by name. */
  readonly printing: readonly { readonly name: string; readonly output: readonly string[] }[]
  /** Where to look, for who holds it. */
  readonly place: string
  /** Processes start, programs and faults come and go, and all has come to its end. */
  run(): Promise<void>
  end(): Promise<void>
}

/** What is under way ends; false if that takes too long. */
export async function allDone(drivers: Drivers, findings: Findings, { bound }: Settings): Promise<boolean> {
  const began = Date.now()
  while (drivers.running().length > 0) {
    if (Date.now() - began > bound * 1000) return false
    await pause(100)
  }
  findings.say(`all programs have ended, ${((Date.now() - began) / 1000).toFixed(1)} s after the last fault`)
  return true
}

/** Not all calls are over: `text` is all that is known of it, which is in a file, too. */
export function isLate(findings: Findings, { bound }: Settings, text: string, file: string): void {
  findings.violation(
    `not all calls are over ${bound} s after the last fault`,
    text.length > 20_000 ? `${text.slice(0, 20_000)}\n... all of it is in ${file}` : text,
  )
}
