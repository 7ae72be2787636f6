// What the workers of the fleet have, as far as a submitter knows: whether a call can ever run.
import { setTimeout } from 'node:timers/promises'
import satisfies from 'semver/functions/satisfies.js'
import { fromJson } from '../../runtime-env/json.ts'
import type { ResolvedEnv } from '../../runtime-env/types.ts'
import { canContain } from '../processes/engines.ts'
import type { Link } from './link.ts'
import type { OwnWorker } from './shapes.ts'

/** Milliseconds in which a process whose connection is lost tries several times to have another. */
const RECONNECTS = 1_000

export interface NodeLease {
  readonly name: string
  readonly resources: Readonly<Record<string, number>>
  readonly format: number
  readonly node: string
  readonly cornichon: string
  /** The container engines that it can start. */
  readonly engines?: readonly string[]
  /** Why it has no room for one more actor that has such a worker of its own; nothing of what it has room for. */
  readonly lacking?: Readonly<Partial<Record<OwnWorker, string>>>
}

export class Capacity {
  readonly #link: Link
  nodes = new Map<string, NodeLease>()
  /** Known to be on one of them: the options of a remote function are one object for all of its calls. */
  #fitting = new WeakSet<object>()
  /** CPUs of all workers. */
  slots = 0

  constructor(link: Link) {
    this.#link = link
    link.onBeat(() => void this.refresh())
  }

  async refresh(): Promise<void> {
    const { redis, keys } = this.#link
    try {
      const ids = await redis.smembers(keys.nodes)
      const leases = ids.length === 0 ? [] : await redis.mget(ids.map(keys.lease))
      const nodes = new Map<string, NodeLease>()
      for (const [i, lease] of leases.entries())
        if (lease !== null) nodes.set(ids[i]!, fromJson(lease) as NodeLease)
        else redis.srem(keys.nodes, ids[i]!).catch(() => {})
      this.nodes = nodes
      this.#fitting = new WeakSet()
      this.slots = [...nodes.values()].reduce((sum, { resources }) => sum + (resources.CPU ?? 0), 0)
    } catch {
      // At the next beat.
    }
  }

  /** Why no worker can have an environment; null if one can, or if there is none yet. */
  lackingFor({ fields: { container, nodeVersion } }: ResolvedEnv): string | null {
    const nodes = [...this.nodes.values()]
    if (nodes.length === 0) return null
    if (container !== undefined && !nodes.some(({ engines = [] }) => canContain(container, engines)))
      return `its container ${container.image} needs ${container.engine ?? 'docker or podman'}, which no worker has. Install it there, and start the worker again`
    if (
      nodeVersion !== undefined &&
      container === undefined &&
      !nodes.some(({ node }) => satisfies(node, nodeVersion, { includePrerelease: true }))
    )
      return `it needs Node.js ${nodeVersion}, and the workers have ${[...new Set(nodes.map(({ node }) => node))].join(', ')}. Start one with such a Node.js, or change nodeVersion`
    return null
  }

  /**
   * Why there is no room just now for an actor with a worker of its own on those that have slots for it; null if one has
   * room. One that was killed has none.
   */
  async lackingRoom(wanted: Readonly<Record<string, number>>, own: OwnWorker): Promise<string[] | null> {
    await this.refresh()
    const fitting = [...this.nodes].filter(([, { resources }]) => fits(wanted, resources))
    const ids = fitting.map(([id]) => id)
    const roomy = fitting.filter(([, { lacking }]) => lacking?.[own] === undefined).map(([id]) => id)
    const hasRoom = (id: string) => roomy.includes(id)
    let connected = await this.#link.connected(ids)
    if (!connected.some(hasRoom) && roomy.length > 0) {
      // One that has lost its connection comes back.
      await setTimeout(RECONNECTS)
      connected = await this.#link.connected(ids)
    }
    if (connected.some(hasRoom)) return null
    const full = fitting.filter(([id]) => connected.includes(id))
    const gone = fitting.filter(([id]) => !connected.includes(id) && hasRoom(id))
    return [
      ...full.map(([, { name, lacking }]) => `on ${name} ${lacking![own]}`),
      ...gone.map(([, { name }]) => `${name} has lost its connection`),
    ]
  }

  /** The same, of those that are there by now: one may have joined a moment ago. */
  async lackingNow(wanted: Readonly<Record<string, number>>): Promise<string | null> {
    if (this.lacking(wanted) === null) return null
    await this.refresh()
    return this.lacking(wanted)
  }

  /** What no worker has, in words; null if one has it all, or if there is none yet: a call waits for the first. */
  lacking(wanted: Readonly<Record<string, number>>): string | null {
    if (this.#fitting.has(wanted)) return null
    const nodes = [...this.nodes.values()]
    const isSome = nodes.some(({ resources }) => fits(wanted, resources))
    if (isSome) this.#fitting.add(wanted)
    if (nodes.length === 0 || isSome) return null
    for (const [name, amount] of Object.entries(wanted)) {
      const most = Math.max(...nodes.map(({ resources }) => resources[name] ?? 0))
      if (amount > most)
        return `it needs ${amount} of ${name}, and there ${most === 1 ? 'is' : 'are'} ${most} on the worker that has most. Start one with ${
          name === 'CPU' ? `--num-cpus ${amount} (its option numCpus)` : `--resources ${name}=${amount}`
        }, or ask for less`
    }
    return `no worker has all at once that it needs: ${JSON.stringify(wanted)}`
  }
}

type Amounts = Readonly<Record<string, number>>

function fits(wanted: Amounts, resources: Amounts): boolean {
  return Object.entries(wanted).every(([name, amount]) => amount <= (resources[name] ?? 0))
}
