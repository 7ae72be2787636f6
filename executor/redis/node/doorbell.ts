// Tells the intakes of actors that there are calls in their queues. Who puts a call into an empty one says so to the process
// where the actor lives, over its inbox: so the actors of a process share its connections, and an idle one costs nothing.

export class Doorbell {
  /** By queue: who waits; null while nobody does, true if it rang meanwhile. */
  readonly #waiting = new Map<string, (() => void) | true | null>()

  /** From here on nothing is missed. */
  join(queue: string): void {
    this.#waiting.set(queue, null)
  }

  leave(queue: string): void {
    const wake = this.#waiting.get(queue)
    this.#waiting.delete(queue)
    if (typeof wake === 'function') wake()
  }

  ring(queue: string): void {
    const wake = this.#waiting.get(queue)
    if (wake === undefined) return
    this.#waiting.set(queue, typeof wake === 'function' ? null : true)
    if (typeof wake === 'function') wake()
  }

  /** Until it rings, has rung since this resolved last, or its queue has left. */
  async wait(queue: string): Promise<void> {
    const rang = this.#waiting.get(queue)
    if (rang === undefined) return
    if (rang === true) this.#waiting.set(queue, null)
    else await new Promise<void>((resolve) => this.#waiting.set(queue, resolve))
  }
}
