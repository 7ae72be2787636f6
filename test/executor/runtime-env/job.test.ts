// A job that has an environment; and npm: 'auto', which installs what a call needs, wherever the call names it, and nothing
// else.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { get, init, put, remote, shutdown } from 'cornichon/executor'
import { RuntimeEnv } from 'cornichon/runtime-env'
import MagicString from 'magic-string'
import { gt } from 'semver'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createWorkspace } from '../../support/workspace.ts'

const workspace = createWorkspace()
const before = process.env.XDG_CACHE_HOME

beforeAll(async () => {
  workspace.write({ 'empty/file': '', 'job/data.txt': 'of the job' })
  process.env.XDG_CACHE_HOME = workspace.path('cache')
  await init({
    numCpus: 1,
    logToDriver: false,
    runtimeEnv: { workingDir: workspace.path('job'), envVars: { E2E_JOB: 'job', E2E_BOTH: 'job' } },
  })
})
afterAll(async () => {
  await shutdown()
  if (before === undefined) delete process.env.XDG_CACHE_HOME
  else process.env.XDG_CACHE_HOME = before
  workspace.remove()
})

/** Runs in an environment with packages, where those that are asked for by name lie beside its directory. */
const installed = () =>
  existsSync('../node_modules') ? readdirSync('../node_modules').filter((name) => !name.startsWith('.')) : []

it('E3 tasks and actors are within the environment of the job: variables are merged, other fields go over it', async () => {
  const look = () => [
    process.env.E2E_JOB,
    process.env.E2E_BOTH,
    existsSync('data.txt') ? readFileSync('data.txt', 'utf8') : null,
  ]
  class Actor {
    look() {
      return look()
    }
  }
  const runtimeEnv = { envVars: { E2E_BOTH: 'own' } }
  const elsewhere = remote(look, { runtimeEnv: { workingDir: workspace.path('empty') } })
  const actor = remote(Actor, { runtimeEnv }).remote()
  expect(
    await get([
      remote(look).remote(),
      remote(look, { runtimeEnv }).remote(),
      actor.look.remote(),
      elsewhere.remote(),
    ]),
  ).toEqual([
    ['job', 'job', 'of the job'],
    ['job', 'own', 'of the job'],
    ['job', 'own', 'of the job'],
    ['job', 'job', null],
  ])
})

it('E5 the packages that values behind refs, lists of refs and the hook refer to', async () => {
  const shout = put((text: string) => new MagicString(text).append('!').toString())
  const behind = put({ shout })
  const task = remote(
    async (direct: (text: string) => string, nested: (typeof behind)[]) => {
      const { shout: again } = await get(nested[0]!)
      return [
        direct('one'),
        (await get(again))('two'),
        (globalThis as { isNewer?: boolean }).isNewer,
        installed(),
      ]
    },
    {
      runtimeEnv: {
        npm: 'auto',
        setupHook: () => {
          ;(globalThis as { isNewer?: boolean }).isNewer = gt('2.0.0', '1.0.0')
        },
      },
    },
  )
  const [one, two, isNewer, names] = await get(task.remote(shout as never, [behind]))
  expect([one, two, isNewer]).toEqual(['one!', 'two!', true])
  expect(names).toEqual(expect.arrayContaining(['magic-string', 'semver']))
  // What those need, and nothing else.
  expect((names as string[]).filter((name) => !/^(magic-string|semver|@jridgewell)$/.test(name))).toEqual([])
})

it('E5 none where nothing is referred to, and those of a hook where the environment was captured', async () => {
  const env = RuntimeEnv.from({
    npm: 'auto',
    setupHook: () => {
      ;(globalThis as { isOlder?: boolean }).isOlder = gt('1.0.0', '2.0.0')
    },
  })
  const outer = remote(async () => {
    const inner = remote(() => [(globalThis as { isOlder?: boolean }).isOlder, installed()], {
      runtimeEnv: env,
    })
    return get(inner.remote())
  })
  expect(await get(outer.remote())).toEqual([false, ['semver']])
  const bare = remote(() => installed(), { runtimeEnv: { npm: 'auto', workingDir: workspace.path('empty') } })
  expect(await get(bare.remote())).toEqual([])
})

it('a result that needs a package which the next task has not: the error says which, and what to do', async () => {
  const makes = remote(() => (text: string) => new MagicString(text).toString())
  const runtimeEnv = { npm: 'auto', workingDir: workspace.path('empty') } as const
  const uses = remote((f: (text: string) => string) => f('x'), { runtimeEnv })
  const error = await get(uses.remote(makes.remote() as never)).catch((thrown: Error) => thrown)
  expect((error as Error).message).toMatch(/magic-string.*runtime environment/s)
})
