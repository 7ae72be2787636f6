// Jobs that were asked of Redis, and of which nothing is known here yet: whoever stops has to wait for them.

export class Arrivals {
  readonly #expected = new Map<string, { readonly here: Promise<void>; readonly resolve: () => void }>()

  /** One is asked for with this token. */
  expect(token: string): void {
    if (this.#expected.has(token)) return
    let resolve: () => void = () => {}
    const here = new Promise<void>((done) => {
      resolve = done
    })
    this.#expected.set(token, { here, resolve })
  }

  /** It is here, or there is none. */
  over(token: string): void {
    this.#expected.get(token)?.resolve()
    this.#expected.delete(token)
  }

  /** Resolves when none is on its way that was by now. */
  async all(): Promise<void> {
    await Promise.all(Array.from(this.#expected.values(), ({ here }) => here))
  }
}
