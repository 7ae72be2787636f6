// What may never come, as the connection that it would come over is closed: it is waited for until it does, or until nobody
// wants it any more.

export class Waits {
  readonly #giveUps = new Set<() => void>()

  /** `without` is what there is instead at the end. */
  async until<T>(work: Promise<T>, without: T): Promise<T> {
    let giveUp = () => {}
    const givenUp = new Promise<T>((resolve) => {
      giveUp = () => resolve(without)
    })
    this.#giveUps.add(giveUp)
    try {
      return await Promise.race([work, givenUp])
    } finally {
      this.#giveUps.delete(giveUp)
    }
  }

  end(): void {
    for (const giveUp of this.#giveUps) giveUp()
  }
}
