// Versions have to match where processes exchange bundles: checked when one joins, with both sides shown.
import type { Redis } from 'ioredis'
import { FORMAT_VERSION } from '../../serializer/bundle/container.ts'
import { VERSION } from '../../serializer/version.ts'
import type { Keys } from './keys.ts'

export interface Versions {
  readonly format: number
  readonly node: string
  readonly cornichon: string
}

export const versionsHere: Versions = {
  format: FORMAT_VERSION,
  node: process.versions.node,
  cornichon: VERSION,
}

const major = (version: string) => version.split('.')[0]

/** Of the processes that are alive. */
export async function checkVersions(redis: Redis, keys: Keys, allowMismatch: boolean): Promise<void> {
  if (allowMismatch) return
  const ids = [...(await redis.smembers(keys.nodes)), ...(await redis.smembers(keys.drivers))]
  if (ids.length === 0) return
  const leases = await redis.mget(ids.map(keys.lease))
  for (const [i, text] of leases.entries()) {
    if (text === null) continue
    const there = JSON.parse(text) as Versions
    if (there.format === versionsHere.format && major(there.node) === major(versionsHere.node)) continue
    throw new Error(
      `versions differ: here ${describe(versionsHere)}; ${ids[i]} has ${describe(there)}. ` +
        'Code that one of them pickles may not run on the other. Use the same, or say allowVersionMismatch: true (--allow-version-mismatch)',
    )
  }
}

function describe({ format, node, cornichon }: Versions): string {
  return `cornichon ${cornichon}, bundle format ${format}, Node ${node}`
}
