// For tests of environments: resolved ones, and processes that make them.
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'vitest'
import { RuntimeEnvSetupError } from '../../runtime-env/errors.ts'
import { resolvedEnv } from '../../runtime-env/merge.ts'
import type { EnvDescription, ProcessContext, ResolvedEnv, ResolvedFields } from '../../runtime-env/types.ts'
import { moduleUrl, nodeBinary, root } from './paths.ts'

const modules = {
  index: moduleUrl('index.js', 'runtime-env'),
  manager: moduleUrl('manager.js', 'runtime-env'),
}

export function envOf(fields: ResolvedFields, setupTimeout = 60_000): ResolvedEnv {
  return resolvedEnv(fields, setupTimeout)!
}

/** Why an environment could not be made. */
export function failureOf(acquired: Promise<unknown>): Promise<RuntimeEnvSetupError> {
  return acquired.then(
    () => expect.fail('it was made'),
    (error) => {
      expect(error).toBeInstanceOf(RuntimeEnvSetupError)
      return error
    },
  )
}

export interface EnvWorkerOptions {
  readonly cacheDir: string
  readonly maxBytes?: number
  readonly linger?: number
  /** The folder of packages, as files by the names of their URIs. */
  readonly packages?: string
  /** Files that plugins are loaded from. */
  readonly plugins?: readonly string[]
}

/** A process that has an EnvManager. */
export class EnvWorker {
  readonly process: ChildProcess
  readonly #waiting = new Map<number | 'ready', (answer: any) => void>()
  readonly #exited: Promise<void>
  #count = 0

  private constructor(options: EnvWorkerOptions, env: NodeJS.ProcessEnv) {
    this.process = fork(
      join(root, 'test/support/env-worker.mjs'),
      [JSON.stringify({ ...options, modules })],
      {
        execPath: nodeBinary,
        execArgv: [],
        env: { ...process.env, ...env },
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      },
    )
    this.process.on('message', (answer: any) => {
      this.#waiting.get(answer.id)?.(answer)
      this.#waiting.delete(answer.id)
    })
    this.#exited = new Promise((resolve) => this.process.on('exit', () => resolve()))
    void this.#exited.then(() => {
      for (const answer of this.#waiting.values()) answer({ error: { message: 'the process has ended' } })
    })
  }

  static async start(options: EnvWorkerOptions, env: NodeJS.ProcessEnv = {}): Promise<EnvWorker> {
    const worker = new EnvWorker(options, env)
    const { error } = await new Promise<any>((resolve) => worker.#waiting.set('ready', resolve))
    if (error !== undefined) throw new Error(error.message)
    return worker
  }

  async #ask(job: string, given: object = {}): Promise<any> {
    const id = this.#count++
    const answer = await new Promise<any>((resolve) => {
      this.#waiting.set(id, resolve)
      this.process.send({ id, job, ...given })
    })
    if (answer.error !== undefined) throw Object.assign(new Error(), answer.error)
    return answer.value
  }

  acquire(env: ResolvedEnv): Promise<{ lease: number; context: ProcessContext }> {
    return this.#ask('acquire', { env })
  }

  release(lease: number): Promise<void> {
    return this.#ask('release', { lease })
  }

  describe(): Promise<EnvDescription[]> {
    return this.#ask('describe')
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL')
    await this.#exited
  }

  async close(): Promise<void> {
    await this.#ask('close')
    this.process.disconnect()
    await this.#exited
  }
}

/** Looks again and again until what is meant is so; fails by the test's own time limit. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20))
}
