import { startWorker, type TestWorker } from '../../support/fleet.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'
import { runtimeEnvTests } from './suite.ts'

let redis: TestRedis
let worker: TestWorker

runtimeEnvTests({
  name: 'redis',
  async start(cacheDir) {
    redis = await startRedis()
    worker = await startWorker(redis, '--num-cpus', '2', '--cache-dir', cacheDir)
    return { address: redis.address, namespace: redis.namespace }
  },
  async stop() {
    await worker.stop()
    await redis.stop()
  },
})
