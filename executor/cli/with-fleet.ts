// Joins a fleet for the time of a command.
import type { InitOptions } from '../options.ts'
import type { RedisExecutor } from '../redis/index.ts'
import { UsageError } from './failure.ts'
import { type FleetFlags, fleetOf } from './fleet.ts'

/** `work` says itself if the fleet is to keep what it submitted. */
export async function withFleet<T>(
  flags: FleetFlags,
  work: (fleet: RedisExecutor) => Promise<T>,
  logToDriver: InitOptions['logToDriver'] = false,
): Promise<T> {
  const { startRedis } = await import('../redis/join.ts')
  const { seal, ...settings } = fleetOf(flags)
  const fleet = await startRedis({ ...settings, ...seal, logToDriver }).catch((error: Error) => {
    throw new UsageError(error.message)
  })
  fleet.link.alive.begin()
  try {
    return await work(fleet)
  } finally {
    await fleet.shutdown()
  }
}
