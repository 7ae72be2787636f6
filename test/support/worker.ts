// A worker process of a fleet, as `cornichon worker` starts it.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { childEnvironment } from './children.ts'
import { commandFile } from './command.ts'
import { nodeBinary } from './paths.ts'
import type { TestRedis } from './redis.ts'

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
export async function startWorkerWith(
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
