// Worker processes of a fleet, as `cornichon worker` starts them.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { get, init, type ObjectRef, shutdown } from 'cornichon/executor'
import type { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import type { FleetView } from '../../executor/redis/overview.ts'
import { childEnvironment } from './children.ts'
import { commandFile } from './command.ts'
import { moduleUrl, nodeBinary } from './paths.ts'
import { startRedis, type TestRedis } from './redis.ts'

export interface TestWorker {
  readonly child: ChildProcess
  readonly output: string[]
  /** As a crash would. */
  kill(): Promise<void>
  /** SIGTERM: how it ended. */
  stop(): Promise<number | null>
}

export async function startWorker(
  redis: Pick<TestRedis, 'address' | 'namespace'>,
  ...args: string[]
): Promise<TestWorker> {
  return startWorkerWith({}, redis, ...args)
}

/** With these variables in its environment. */
async function startWorkerWith(
  environment: Readonly<Record<string, string>>,
  { address, namespace }: Pick<TestRedis, 'address' | 'namespace'>,
  ...args: string[]
): Promise<TestWorker> {
  const child = spawn(
    nodeBinary,
    [commandFile, 'worker', '--address', address, '--namespace', namespace, '--json', ...args],
    { env: { ...childEnvironment(), NO_COLOR: '1', ...environment }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const output: string[] = []
  child.stderr!.on('data', (text: Buffer) => output.push(text.toString()))
  const ended = once(child, 'exit') as Promise<[number | null]>
  const ready = new Promise<void>((resolve) => {
    createInterface(child.stdout!).on('line', (line) => {
      output.push(line)
      if (line.includes('"state":"ready"')) resolve()
    })
  })
  const early = await Promise.race([ready, ended])
  if (early !== undefined) throw new Error(`the worker ended with ${early[0]}:\n${output.join('\n')}`)
  return {
    child,
    output,
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    async stop() {
      child.kill('SIGTERM')
      return (await ended)[0]
    },
  }
}

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
