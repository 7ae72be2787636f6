// Calls that a fleet gave this process because a worker could have them ahead, and that came when it could not any more: there
// are milliseconds between the one and the other. What that worker runs may take for ever, and may wait for these very
// calls; nobody else knows of them. So they go back to the fleet.
import { clearTimeout, setTimeout } from '../../serializer/globals.ts'
import { mayGoAhead } from './ahead.ts'
import type { Call } from './calls.ts'

/** Milliseconds: there may be a slot for it at once. */
const PATIENCE = 5

export class LeftOver {
  #calls: Call[] = []
  #timer: NodeJS.Timeout | null = null
  readonly #giveBack: (call: Call) => void

  constructor(giveBack: (call: Call) => void) {
    this.#giveBack = giveBack
  }

  /** It is ready, and waits here for a slot. */
  add(call: Call): void {
    if (!mayGoAhead(call)) return
    this.#calls.push(call)
    this.#timer ??= setTimeout(() => this.#look(), PATIENCE)
  }

  #look(): void {
    this.#timer = null
    const calls = this.#calls
    this.#calls = []
    // One that has begun meanwhile, and threw, waits for its next try: others would count its tries anew.
    for (const call of calls)
      if (call.state === 'queued' && call.worker === null && mayGoAhead(call)) this.#giveBack(call)
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#calls = []
  }
}
