// Versions have to match where processes exchange bundles: checked when one joins, with both sides shown.
import type { Redis } from 'ioredis'
import { fromJson } from '../../runtime-env/json.ts'
import { FORMAT_VERSION } from '../../serializer/bundle/container.ts'
import { VERSION } from '../../serializer/version.ts'
import type { Keys } from './keys.ts'

/** What processes say to each other through Redis, and how it lies there: any change of that is a new number. */
const PROTOCOL = 8

export interface Versions {
  readonly format: number
  readonly protocol?: number
  readonly node: string
  readonly cornichon: string
}

export const versionsHere: Versions = {
  format: FORMAT_VERSION,
  protocol: PROTOCOL,
  node: process.versions.node,
  cornichon: VERSION,
}

const major = (version: string) => version.split('.')[0]

/** Of the processes that are alive. Those that were killed are struck off: nobody else does, and each who joins asks for all. */
export async function checkVersions(redis: Redis, keys: Keys, allowMismatch: boolean): Promise<void> {
  const ids = [...(await redis.smembers(keys.nodes)), ...(await redis.smembers(keys.drivers))]
  if (ids.length === 0) return
  const leases = await redis.mget(ids.map(keys.lease))
  for (const [i, text] of leases.entries()) {
    if (text === null) {
      for (const set of [keys.nodes, keys.drivers]) await redis.srem(set, ids[i]!)
      continue
    }
    const there = fromJson(text) as Versions
    if (allowMismatch || fits(there)) continue
    throw new Error(
      `versions differ: here ${describe(versionsHere)}; ${ids[i]} has ${describe(there)}. ` +
        'What one of them says or pickles, the other may not understand. Use the same, or say allowVersionMismatch: true (--allow-version-mismatch)',
    )
  }
}

function fits({ format, protocol, node }: Versions): boolean {
  return format === FORMAT_VERSION && protocol === PROTOCOL && major(node) === major(versionsHere.node)
}

function describe({ format, protocol = 1, node, cornichon }: Versions): string {
  return `cornichon ${cornichon}, bundle format ${format}, Node ${node}, protocol ${protocol}`
}
