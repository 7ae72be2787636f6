// What was found, and what was counted; and the times of all faults, by which both are judged.
import type { FaultKind } from './settings.ts'

export interface Fault {
  readonly kind: FaultKind
  readonly at: number
  /** The process that was hit, by its name; null for Redis. */
  readonly victim: string | null
  readonly what: string
  /** When it was over, and all was as before. */
  until: number | null
}

export class Findings {
  readonly faults: Fault[] = []
  readonly violations: { readonly at: number; readonly text: string; readonly details: string }[] = []
  readonly counts = new Map<string, number>()
  readonly began = Date.now()
  readonly #say: (text: string) => void

  constructor(say: (text: string) => void) {
    this.#say = say
  }

  count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by)
  }

  /** In seconds since the start, as all output has it. */
  at(time = Date.now()): string {
    return `${((time - this.began) / 1000).toFixed(2).padStart(7)}s`
  }

  say(text: string): void {
    this.#say(`${this.at()} ${text}`)
  }

  fault(kind: FaultKind, victim: string | null, what: string): Fault {
    const fault: Fault = { kind, at: Date.now(), victim, what, until: null }
    this.faults.push(fault)
    this.count(`fault ${kind}`)
    this.say(`${kind}: ${what}`)
    return fault
  }

  violation(text: string, details = ''): void {
    this.violations.push({ at: Date.now(), text, details })
    this.say(`VIOLATION ${text}${details === '' ? '' : `\n${details}`}`)
  }
}
