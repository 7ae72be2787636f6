// Calls that wait for a slot: by priority, and by their order within one. What does not fit lets others pass that need
// other resources, and never those that need the same.
import type { Call } from './calls.ts'

/** Calls of one priority that need the same. */
class Lane {
  readonly priority: number
  readonly #calls: (Call | undefined)[] = []
  #first = 0

  constructor(priority: number) {
    this.priority = priority
  }

  get head(): Call | undefined {
    return this.#calls[this.#first]
  }

  get isEmpty(): boolean {
    return this.#first === this.#calls.length
  }

  push(call: Call): void {
    this.#calls.push(call)
  }

  /** Before those that were made later. */
  putBack(call: Call): void {
    const calls = this.#calls
    let at = this.#first
    while (at < calls.length && calls[at]!.order < call.order) at++
    if (at === this.#first && at > 0) calls[--this.#first] = call
    else calls.splice(at, 0, call)
  }

  shift(): Call {
    const call = this.#calls[this.#first]!
    this.#calls[this.#first++] = undefined
    if (this.#first > 1000 && this.#first * 2 > this.#calls.length) {
      this.#calls.splice(0, this.#first)
      this.#first = 0
    }
    return call
  }
}

export class CallQueue {
  /** The most urgent first. */
  readonly #lanes: Lane[] = []
  readonly #byKey = new Map<string, Lane>()

  push(call: Call): void {
    this.#laneOf(call).push(call)
  }

  /** One that was taken, and did not begin: it has waited the longest. */
  putBack(call: Call): void {
    this.#laneOf(call).putBack(call)
  }

  #laneOf({ laneKey, priority }: Call): Lane {
    let lane = this.#byKey.get(laneKey)
    if (lane === undefined) {
      lane = new Lane(priority)
      this.#byKey.set(laneKey, lane)
      const at = this.#lanes.findIndex((each) => each.priority > priority)
      this.#lanes.splice(at < 0 ? this.#lanes.length : at, 0, lane)
    }
    return lane
  }

  /** The next call that fits; among lanes of one priority, the one that waits longest. */
  take(fits: (call: Call) => boolean): Call | null {
    return this.#best(fits)?.shift() ?? null
  }

  /** The one that comes before all others, if it fits. */
  takeFirst(fits: (call: Call) => boolean): Call | null {
    const first = this.#best(() => true)
    return first !== null && fits(first.head!) ? first.shift() : null
  }

  #best(fits: (call: Call) => boolean): Lane | null {
    let best: Lane | null = null
    for (let i = 0; i < this.#lanes.length; i++) {
      const lane = this.#lanes[i]!
      if (best !== null && lane.priority > best.priority) break
      while (!lane.isEmpty && lane.head!.state !== 'queued') lane.shift()
      if (lane.isEmpty || !fits(lane.head!)) continue
      if (best === null || lane.head!.order < best.head!.order) best = lane
    }
    return best
  }
}
