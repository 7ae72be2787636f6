// What runtime environments promise, with every engine that has workers: the same tests for each.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import {
  ActorDiedError,
  describeExecutor,
  get,
  init,
  put,
  RuntimeEnvSetupError,
  remote,
  runOnAllWorkers,
  shutdown,
  TaskTimeoutError,
  transfer,
  WorkerCrashedError,
} from 'cornichon/executor'
import { RuntimeEnv } from 'cornichon/runtime-env'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorkspace } from '../../support/workspace.ts'

export interface Engine {
  readonly name: string
  /** What `init` is given; the workers have `cacheDir` for their environments. */
  start(cacheDir: string): Promise<NonNullable<Parameters<typeof init>[0]>>
  stop(): Promise<void>
}

const failureOf = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    () => expect.fail('it did not reject'),
    (error: unknown) => error,
  )

/** A package of the test's own, as a folder. */
function packageFiles(version: string): Record<string, string> {
  return {
    [`greeter-${version}/package.json`]: JSON.stringify({ name: 'greeter', version, main: 'index.js' }),
    [`greeter-${version}/index.js`]: `exports.greet = (name) => 'hello ' + name + ' from ${version}'\n`,
  }
}

export function runtimeEnvTests(engine: Engine): void {
  const workspace = createWorkspace()
  workspace.write({
    ...packageFiles('1.0.0'),
    ...packageFiles('2.0.0'),
    'one/data.txt': 'the first',
    'two/data.txt': 'the second',
    'many/data.txt': 'many',
    'shaky/package.json': JSON.stringify({
      name: 'shaky',
      version: '1.0.0',
      scripts: { install: `echo 'the marker is missing' && test -e ${workspace.path('may-install')}` },
    }),
  })
  const cacheDir = workspace.path('cache', 'cornichon')
  const greeter = (version: string) => workspace.path(`greeter-${version}`)

  describe(`runtime environments, engine ${engine.name}`, () => {
    beforeAll(async () => {
      await init({ logToDriver: false, ...(await engine.start(cacheDir)) })
    })
    afterAll(async () => {
      await shutdown()
      await engine.stop()
      workspace.remove()
    })

    const look = remote(
      async (): Promise<{ data: string; variable: string | undefined; greeting: string }> => {
        const require = createRequire(`${process.cwd()}/noop.js`)
        await new Promise((resolve) => setTimeout(resolve, 50))
        return {
          data: readFileSync('data.txt', 'utf8'),
          variable: process.env.E2E_VARIABLE,
          greeting: require('greeter').greet('you'),
        }
      },
    )

    it('E6 two environments at once: neither sees the files, variables and packages of the other', async () => {
      const one = look.options({
        runtimeEnv: {
          workingDir: workspace.path('one'),
          npm: [greeter('1.0.0')],
          envVars: { E2E_VARIABLE: '1' },
        },
      })
      const two = look.options({
        runtimeEnv: {
          workingDir: workspace.path('two'),
          npm: [greeter('2.0.0')],
          envVars: { E2E_VARIABLE: '2' },
        },
      })
      const before = process.cwd()
      const results = await get(Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? one : two).remote()))
      for (const [i, result] of results.entries())
        expect(result).toEqual(
          i % 2 === 0
            ? { data: 'the first', variable: '1', greeting: 'hello you from 1.0.0' }
            : { data: 'the second', variable: '2', greeting: 'hello you from 2.0.0' },
        )
      expect(process.cwd()).toBe(before)
      expect(process.env.E2E_VARIABLE).toBeUndefined()
      // Nor do tasks without one.
      expect(await get(remote(() => process.env.E2E_VARIABLE).remote())).toBeUndefined()
    })

    it('E4 fifty tasks at once with a new environment: it is made once', async () => {
      const made = () => (existsSync(`${cacheDir}/envs`) ? readdirSync(`${cacheDir}/envs`).length : 0)
      const before = made()
      const read = remote(async () => readFileSync('data.txt', 'utf8') + process.env.E2E_MANY, {
        runtimeEnv: { workingDir: workspace.path('many'), envVars: { E2E_MANY: '!' } },
      })
      const results = await get(Array.from({ length: 50 }, () => read.remote()))
      expect(new Set(results)).toEqual(new Set(['many!']))
      expect(made() - before).toBe(1)
    })

    it('an environment that changes nothing is none', async () => {
      const where = remote(() => process.pid)
      const [plain, empty] = await get([where.remote(), where.options({ runtimeEnv: {} }).remote()])
      expect(empty).toBe(plain)
    })

    it('E3 nested tasks are in the environment of the task that makes them, and merge their own into it', async () => {
      const outer = remote(
        async () => {
          const inner = remote(() => [process.env.E2E_A, process.env.E2E_B, process.cwd()])
          const other = inner.options({ runtimeEnv: { envVars: { E2E_B: 'inner' } } })
          return [process.cwd(), await get(inner.remote()), await get(other.remote())] as const
        },
        {
          runtimeEnv: {
            workingDir: workspace.path('one'),
            envVars: { E2E_A: 'outer', E2E_B: 'outer' },
          },
        },
      )
      const [cwd, inherited, merged] = await get(outer.remote())
      expect(inherited).toEqual(['outer', 'outer', cwd])
      expect(merged.slice(0, 2)).toEqual(['outer', 'inner'])
      expect(merged[2]).not.toBe(process.cwd())
    })

    it('E3 a remote function and a RuntimeEnv can be captured by a task: their files go along as packages', async () => {
      const env = RuntimeEnv.from({ workingDir: workspace.path('two') })
      const read = remote(async () => readFileSync('data.txt', 'utf8'), {
        runtimeEnv: env,
      })
      const outer = remote(async () => {
        const again = remote(async () => readFileSync('data.txt', 'utf8'))
        return [await get(read.remote()), await get(again.options({ runtimeEnv: env }).remote())]
      })
      expect(await get(outer.remote())).toEqual(['the second', 'the second'])
    })

    it('actors live in theirs, for good', async () => {
      class Reader {
        #count = 0
        async read() {
          return [readFileSync('data.txt', 'utf8'), process.env.E2E_ACTOR, ++this.#count]
        }
      }
      const actor = remote(Reader, {
        runtimeEnv: { workingDir: workspace.path('one'), envVars: { E2E_ACTOR: 'yes' } },
      }).remote()
      expect(await get([actor.read.remote(), actor.read.remote()])).toEqual([
        ['the first', 'yes', 1],
        ['the first', 'yes', 2],
      ])
    })

    it('E1 setupHook runs once in each worker process, before its first task', async () => {
      const globals = globalThis as { e2eHooks?: number }
      const step = 5
      const env = RuntimeEnv.from({
        setupHook: async () => {
          await new Promise((resolve) => setTimeout(resolve, 20))
          const here = globalThis as { e2eHooks?: number }
          here.e2eHooks = (here.e2eHooks ?? 0) + step
        },
      })
      const read = remote(() => [process.pid, (globalThis as { e2eHooks?: number }).e2eHooks], {
        runtimeEnv: env,
      })
      const results = await get(Array.from({ length: 8 }, () => read.remote()))
      expect(new Set(results.map(([, hooks]) => hooks))).toEqual(new Set([5]))
      expect(globals.e2eHooks).toBeUndefined()
    })

    it('E7 a hook that throws, or ends its process, fails the task and says so; and is tried again by the next', async () => {
      const [begun, throws, exits, mayRun] = ['hook-begun', 'hook-throws', 'hook-exits', 'hook-may-run'].map(
        (name) => workspace.path(name),
      )
      const env = RuntimeEnv.from({
        setupHook: async () => {
          writeFileSync(begun!, '')
          for (;;) {
            if (existsSync(mayRun!)) return
            if (existsSync(exits!)) process.exit(4)
            if (existsSync(throws!)) throw new RangeError('not yet')
            await new Promise((resolve) => setTimeout(resolve, 10))
          }
        },
      })
      const task = remote(() => 'done', { runtimeEnv: env })
      const failing = failureOf(get(task.remote()))
      await expect.poll(() => existsSync(begun!)).toBe(true)
      // There it waits for the hook: it is over when that fails. Told too late, it is over at once.
      const prepared = runOnAllWorkers(() => {})
      await Promise.race([prepared, new Promise((resolve) => setTimeout(resolve, 300))])
      workspace.write({ 'hook-throws': '' })
      const error = await failing
      expect(error).toBeInstanceOf(RuntimeEnvSetupError)
      expect(error.message).toMatch(/setupHook failed: not yet/)
      expect(error.cause).toBeInstanceOf(RangeError)
      await prepared
      const failed = async () =>
        (await describeExecutor()).environments.flatMap(({ failure }) =>
          failure?.includes('setupHook') ? [failure] : [],
        )
      expect(await failed()).toEqual([expect.stringContaining('not yet')])
      workspace.write({ 'hook-exits': '' })
      const ended = await failureOf(get(task.remote()))
      expect(ended).toBeInstanceOf(RuntimeEnvSetupError)
      expect(ended.message).toMatch(/setupHook ended its process: .* exit code 4/)
      expect(await failed()).toEqual([expect.stringContaining('exit code 4')])
      workspace.write({ 'hook-may-run': '' })
      expect(await get(task.remote())).toBe('done')
      expect(await failed()).toEqual([])
    })

    it('a task whose environment is not there yet is preparing, and then running', async () => {
      const [prepared, done] = [workspace.path('prepared'), workspace.path('done')]
      const until = async (file: string) => {
        while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 10))
      }
      const task = remote(() => until(done), { runtimeEnv: { setupHook: () => until(prepared) } })
      const result = get(task.options({ name: 'patient' }).remote())
      const states: string[] = []
      const look = async (wanted: string) => {
        while (states.at(-1) !== wanted) {
          const found = (await describeExecutor()).tasks.find(({ name }) => name === 'patient')
          if (found !== undefined && found.state !== states.at(-1)) states.push(found.state)
          await new Promise((resolve) => setTimeout(resolve, 10))
        }
      }
      await look('preparing')
      workspace.write({ prepared: '' })
      await look('running')
      workspace.write({ done: '' })
      await result
      expect(states.filter((state) => state !== 'queued')).toEqual(['preparing', 'running'])
    })

    const shaky = { npm: { packages: [workspace.path('shaky')], allowScripts: true } }

    it('E7 an actor whose environment can not be made is dead, and tells why', async () => {
      class Idle {
        hello() {
          return 'hello'
        }
      }
      const actor = remote(Idle, { runtimeEnv: shaky }).remote()
      const error = await failureOf(get(actor.hello.remote()))
      expect(error).toBeInstanceOf(ActorDiedError)
      expect(error.cause).toBeInstanceOf(RuntimeEnvSetupError)
      expect(error.cause.output).toMatch(/the marker is missing/)
      const hook = () => {
        throw new RangeError('no hook')
      }
      const other = await failureOf(
        get(
          remote(Idle, { runtimeEnv: { setupHook: hook } })
            .remote()
            .hello.remote(),
        ),
      )
      expect(other.cause).toBeInstanceOf(RuntimeEnvSetupError)
      expect(other.cause.cause).toBeInstanceOf(RangeError)
    })

    it('E7 a set-up that fails ends the task with the tool’s output; the next tries again', async () => {
      const task = remote(() => 'done', { runtimeEnv: shaky })
      const error = await failureOf(get(task.remote()))
      expect(error).toBeInstanceOf(RuntimeEnvSetupError)
      expect(error.output).toMatch(/the marker is missing/)
      expect(error.message).toMatch(/could not be made.*npm/)
      const { environments } = await describeExecutor()
      expect(environments).toContainEqual(
        expect.objectContaining({
          state: 'failed',
          failure: expect.stringMatching(/the marker is missing/),
        }),
      )
      workspace.write({ 'may-install': '' })
      expect(await get(task.remote())).toBe('done')
    })

    it('E1 a set-up that takes longer than its setupTimeout fails', async () => {
      const task = remote(() => 1, {
        runtimeEnv: { npm: [greeter('1.0.0')], envVars: { E2E_SLOW: '1' }, config: { setupTimeout: 1 } },
      })
      const error = await failureOf(get(task.remote()))
      expect(error).toBeInstanceOf(RuntimeEnvSetupError)
      expect(error.message).toMatch(/setupTimeout|longer than/)
    })

    it('E2 what is wrong throws where it is said', () => {
      const task = remote(() => 1)
      expect(() => task.options({ runtimeEnv: { workingdir: '.' } as never })).toThrow(
        /Did you mean workingDir/,
      )
      expect(() => remote(() => 1, { runtimeEnv: { envVars: { A: 1 } } as never })).toThrow(/envVars/)
      expect(() => remote(class A {}, { runtimeEnv: 'env.json' as never })).toThrow(TypeError)
    })

    it('X12 a worker process that ends hurts its task alone, and its end is told', async () => {
      const runtimeEnv = { envVars: { E2E_FAULT: '1' } }
      const quits = remote(() => process.exit(7), { runtimeEnv, maxRetries: 1 })
      const error = await failureOf(get(quits.remote()))
      expect(error).toBeInstanceOf(WorkerCrashedError)
      expect(error.exitCode).toBe(7)
      const killed = remote(() => process.kill(process.pid, 'SIGKILL'), { runtimeEnv, maxRetries: 0 })
      expect((await failureOf(get(killed.remote()))).message).toMatch(/SIGKILL ended it/)
      const late = remote(
        async () => {
          setTimeout(() => {
            throw new RangeError('nobody catches this')
          })
          await new Promise(() => {})
        },
        { runtimeEnv, maxRetries: 0 },
      )
      const uncaught = await failureOf(get(late.remote()))
      expect(uncaught).toBeInstanceOf(WorkerCrashedError)
      expect(uncaught.cause).toBeInstanceOf(RangeError)
      const spins = remote(
        () => {
          for (;;);
        },
        { runtimeEnv, timeout: 100 },
      )
      expect(await failureOf(get(spins.remote()))).toBeInstanceOf(TaskTimeoutError)
      expect(await get(remote(() => 'fine', { runtimeEnv }).remote())).toBe('fine')
    })

    it('X11 large values and buffers go there and back; shared memory is refused, and why', async () => {
      const runtimeEnv = { envVars: { E2E_VALUES: '1' } }
      const echo = remote((value: unknown) => value, { runtimeEnv })
      const bytes = new Uint8Array(3_000_000).fill(7)
      // Element by element, a matcher takes longer than a driver may say nothing.
      const isSame = (value: unknown) => Buffer.from(value as Uint8Array).equals(bytes)
      expect(isSame(await get(echo.remote(bytes)))).toBe(true)
      const record = (await get(echo.remote(put({ bytes, at: new Date(0) })))) as { bytes: unknown; at: Date }
      expect([isSame(record.bytes), record.at]).toEqual([true, new Date(0)])
      const given = new Uint8Array(10_000).fill(3)
      const size = remote((value: Uint8Array) => value.length, { runtimeEnv })
      expect(await get(size.remote(transfer(given, [given.buffer])))).toBe(10_000)
      expect(given.length).toBe(0)
      const refused = /a SharedArrayBuffer can not go to or from a task with a runtime environment/
      expect((await failureOf(get(echo.remote(new SharedArrayBuffer(8))))).message).toMatch(refused)
      const makes = remote(() => new SharedArrayBuffer(8), { runtimeEnv })
      expect((await failureOf(get(makes.remote()))).message).toMatch(refused)
      const shared = new SharedArrayBuffer(8)
      const captures = remote(() => shared.byteLength, { runtimeEnv })
      expect((await failureOf(get(captures.remote()))).message).toMatch(refused)
      expect(await get(echo.remote(1))).toBe(1)
    })

    it('X9 runOnAllWorkers runs in processes, too', async () => {
      const globals = globalThis as { e2eMark?: string }
      await runOnAllWorkers(() => {
        ;(globalThis as { e2eMark?: string }).e2eMark = 'set'
      })
      delete globals.e2eMark
      const read = remote(() => (globalThis as { e2eMark?: string }).e2eMark, {
        runtimeEnv: { envVars: { E2E_MARK: '1' } },
      })
      expect(await get(read.remote())).toBe('set')
    })

    it('there are no more processes than may be: those that are idle have made room', async () => {
      const { workers, environments } = await describeExecutor()
      const count = workers.filter(({ name, state }) => /process-\d+$/.test(name) && state !== 'actor').length
      expect(environments.length).toBeGreaterThan(6)
      expect(count).toBeGreaterThan(0)
      expect(count).toBeLessThanOrEqual(6)
    })

    it('what tasks write into their working directory stays out of the folder that it was made of', async () => {
      const write = remote(async () => writeFileSync('written.txt', 'x'), {
        runtimeEnv: { workingDir: workspace.path('one') },
      })
      await get(write.remote())
      expect(existsSync(workspace.path('one/written.txt'))).toBe(false)
    })
  })
}
