// How a driver joins a fleet.
import { toJson } from '../../runtime-env/json.ts'
import type { InitOptions } from '../options.ts'
import { isLive } from '../terminal-line.ts'
import { RedisExecutor } from './index.ts'
import { Link, type LinkSettings } from './link.ts'
import { UploadLine } from './upload-progress.ts'
import { watchUploads } from './uploads.ts'
import { checkVersions, versionsHere } from './version.ts'

export async function startRedis(options: InitOptions): Promise<RedisExecutor> {
  const settings: LinkSettings = {
    address: options.address!,
    ...(options.namespace !== undefined && { namespace: options.namespace }),
    ...(options.tls !== undefined && { tls: options.tls }),
    seal: {
      ...(options.sign !== undefined && { sign: options.sign }),
      ...(options.verify !== undefined && { verify: options.verify }),
    },
  }
  const lease = toJson({ ...versionsHere, pid: process.pid })
  const link = await Link.open(
    'driver',
    settings,
    () => lease,
    (redis, keys) => checkVersions(redis, keys, options.allowVersionMismatch ?? false),
    options.logToDriver !== false,
  )
  const executor = new RedisExecutor(link, options.logToDriver)
  if (isLive(process.stderr)) {
    const line = new UploadLine(process.stderr)
    executor.packages.onProgress = (progress) => line.show(progress)
    watchUploads(link.redis, (progress) => line.show(progress))
  }
  await executor.capacity.refresh()
  link.alive.end()
  // Who forgets to say shutdown leaves all the same.
  const leave = () => void executor.shutdown()
  process.once('beforeExit', leave)
  executor.onShutdown = () => process.off('beforeExit', leave)
  return executor
}
