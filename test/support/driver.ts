// A driver in a process of its own: a script with the built executor, that can be killed.
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { childEnvironment } from './children.ts'
import { nodeBinary, root } from './paths.ts'
import type { TestRedis } from './redis.ts'

export interface TestDriver {
  readonly child: ChildProcess
  /** The next line that it prints. */
  line(): Promise<string>
  readonly ended: Promise<number | null>
}

/** `body` has the API as `api`, and is joined to the fleet. */
export function startDriver({ address, namespace }: TestRedis, body: string): TestDriver {
  const url = pathToFileURL(join(root, 'dist', 'executor', 'index.js')).href
  const script = `
    import * as api from ${JSON.stringify(url)}
    const { init, remote, get, put, wait, shutdown, getActor } = api
    await init({ address: ${JSON.stringify(address)}, namespace: ${JSON.stringify(namespace)}, logToDriver: false })
    ${body}`
  const child = spawn(nodeBinary, ['--input-type=module', '--eval', script], {
    env: childEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  const waiters: ((line: string) => void)[] = []
  createInterface(child.stdout!).on('line', (line) => {
    const waiter = waiters.shift()
    if (waiter === undefined) lines.push(line)
    else waiter(line)
  })
  return {
    child,
    line: () => {
      const line = lines.shift()
      return line === undefined ? new Promise((resolve) => waiters.push(resolve)) : Promise.resolve(line)
    },
    ended: new Promise((resolve) => child.once('exit', resolve)),
  }
}
