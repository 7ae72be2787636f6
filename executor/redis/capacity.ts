// What the workers of the fleet have, as far as a submitter knows: whether a call can ever run.
import type { Link } from './link.ts'

export interface NodeLease {
  readonly name: string
  readonly resources: Readonly<Record<string, number>>
  readonly format: number
  readonly node: string
  readonly cornichon: string
}

export class Capacity {
  readonly #link: Link
  nodes = new Map<string, NodeLease>()
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
        if (lease !== null) nodes.set(ids[i]!, JSON.parse(lease) as NodeLease)
        else redis.srem(keys.nodes, ids[i]!).catch(() => {})
      this.nodes = nodes
      this.slots = [...nodes.values()].reduce((sum, { resources }) => sum + (resources.CPU ?? 0), 0)
    } catch {
      // At the next beat.
    }
  }

  /** What no worker has, in words; null if one has it all, or if there is none yet: a call waits for the first. */
  lacking(wanted: Readonly<Record<string, number>>): string | null {
    const nodes = [...this.nodes.values()]
    const fits = nodes.some(({ resources }) =>
      Object.entries(wanted).every(([name, amount]) => amount <= (resources[name] ?? 0)),
    )
    if (nodes.length === 0 || fits) return null
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
