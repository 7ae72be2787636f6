import { afterAll } from 'vitest'
import { startWorker } from '../support/fleet.ts'
import { startRedis } from '../support/redis.ts'
import { executorSuite } from './suite/index.ts'

const redis = await startRedis()
const worker = await startWorker(redis, '--num-cpus', '2', '--resources', 'gpu=1', '--name', 'redis-worker')

afterAll(async () => {
  await worker.stop()
  await redis.stop()
})

executorSuite({
  name: 'redis',
  init: { address: redis.address, namespace: redis.namespace, numCpus: undefined, resources: undefined },
  isParallel: true,
})
