// Functions that are to run on all workers, in a worker process of a fleet: each is begun once, in the order of the list.
import type { LocalExecutor } from '../../local/index.ts'
import type { RedisExecutor } from '../index.ts'
import { decodeCalls, SET_UP } from '../wire.ts'
import type { Supplies } from './supplies.ts'

export class FleetSetUps {
  readonly #fleet: RedisExecutor
  readonly #local: LocalExecutor
  readonly #supplies: Supplies
  /** Those that have begun here, by id: how they end. */
  readonly #begun = new Map<string, { readonly driver: string; readonly end: Promise<void> }>()

  constructor(fleet: RedisExecutor, local: LocalExecutor, supplies: Supplies) {
    this.#fleet = fleet
    this.#local = local
    this.#supplies = supplies
  }

  /**
   * Begins all that have not run here yet, and waits for the one of that id, if any: rejects with what it threw, which is
   * for its driver alone. Several may ask at once.
   */
  async run(id: string | null): Promise<void> {
    const { redis, keys } = this.#fleet.link
    let refused: unknown = null
    for (const frame of await redis.lrangeBuffer(keys.setUps, 0, -1)) {
      try {
        await this.#begin(frame)
      } catch (error) {
        refused ??= error
      }
    }
    const begun = id === null ? undefined : this.#begun.get(id)
    if (begun !== undefined) return begun.end
    // It may be what was asked for.
    if (refused !== null) throw refused
  }

  async #begin(frame: Buffer): Promise<void> {
    const { link } = this.#fleet
    const [wire] = await decodeCalls(frame, SET_UP, link, ['task'])
    if (wire === undefined || wire.kind !== 'task') return
    const { spec, owner } = wire
    if (this.#begun.has(spec.id)) return
    // Of a driver that was killed.
    if (!(await this.#fleet.drivers.isAlive(owner))) {
      await link.redis.lrem(link.keys.setUps, 0, frame)
      return
    }
    await this.#supplies.function(spec.fn, owner)
    // Another question may have been faster.
    if (this.#begun.has(spec.id)) return
    const end = this.#local.runOnAllWorkers({ ...spec, driver: owner })
    this.#begun.set(spec.id, { driver: owner, end })
    end.catch(() => {})
  }

  /** Whose they are. */
  *drivers(): Iterable<string> {
    for (const { driver } of this.#begun.values()) yield driver
  }

  /** That has left: a worker that it spoiled is as before, and one that it holds up goes on. */
  drop(driver: string): void {
    let isAny = false
    for (const [id, begun] of this.#begun) if (begun.driver === driver) isAny = this.#begun.delete(id)
    if (!isAny) return
    this.#local.dropSetUps(driver)
    // Takes them off the list.
    this.run(null).catch(() => {})
  }
}
