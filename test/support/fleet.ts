// Fleets for tests: worker processes that come and go, and a driver that joins anew for each test.
import { get, init, type ObjectRef, shutdown } from 'cornichon/executor'
import type { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import type { FleetView } from '../../executor/redis/overview.ts'
import { moduleUrl } from './paths.ts'
import { startRedis, type TestRedis } from './redis.ts'
import { startWorkerWith, type TestWorker } from './worker.ts'

export { startWorker, type TestWorker } from './worker.ts'

/** Workers that come and go in a test, each with these arguments and its own. */
export function workersOf(redis: () => TestRedis, ...always: string[]) {
  const workers = new Set<TestWorker>()
  const startWith = async (
    environment: Readonly<Record<string, string>>,
    ...args: string[]
  ): Promise<TestWorker> => {
    const worker = await startWorkerWith(environment, redis(), ...always, ...args)
    workers.add(worker)
    return worker
  }
  const start = (...args: string[]) => startWith({}, ...args)
  const killWorker = async (worker: TestWorker): Promise<void> => {
    workers.delete(worker)
    await worker.kill()
  }
  const killAll = () => Promise.all([...workers].map(killWorker))
  return { workers, start, startWith, killWorker, killAll }
}

/**
 * A fleet for the tests of one file: a server of its own, workers that come and go with these arguments, and a driver that
 * joins anew for each test.
 */
export function testFleet(...always: string[]) {
  let redis: TestRedis
  let connection: Redis
  const workers = workersOf(() => redis, ...always)
  beforeAll(async () => {
    redis = await startRedis()
    connection = redis.connect()
  })
  const join = () => init({ address: redis.address, namespace: redis.namespace, logToDriver: false })
  beforeEach(join)
  afterEach(async () => {
    await shutdown()
    await workers.killAll()
  })
  afterAll(() => redis.stop())
  const key = (name: string) => `{cornichon-${redis.namespace}}:${name}`
  return {
    ...workers,
    join,
    key,
    get redis() {
      return redis
    },
    get connection() {
      return connection
    },
    /** What is left of the queues of actors. */
    actorQueueKeys: () => connection.keys(`${key('actor-').replace(/[{}]/g, '\\$&')}*`),
  }
}

/** Of a process of a fleet, ends all connections, as a fault of the network would. */
export async function cutOff(redis: Redis, process: string): Promise<void> {
  const clients = String(await redis.client('LIST')).split('\n')
  for (const client of clients.filter((line) => line.includes(` name=${process} `)))
    await redis.client('KILL', 'ID', /^id=(\d+)/.exec(client)![1]!)
}

/** Of a call that is to fail. */
export function failureOf(ref: ObjectRef<any>): Promise<Error> {
  return get(ref).then(
    () => expect.fail('it did not reject'),
    (error: Error) => error,
  )
}

/** What `cornichon status` and `cornichon list` show, without a process for each look. */
export async function look<T>(
  { address, namespace }: Pick<TestRedis, 'address' | 'namespace'>,
  at: (view: FleetView) => Promise<T>,
): Promise<T> {
  const module = (path: string) => import(/* @vite-ignore */ moduleUrl(path, 'executor'))
  const { withFleet } = await module('cli/with-fleet.js')
  const { FleetView } = await module('redis/overview.js')
  return withFleet({ address, namespace }, (fleet: unknown) => at(new FleetView(fleet)))
}
