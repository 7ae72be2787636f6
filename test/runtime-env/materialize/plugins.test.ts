// Users' plugins: how they are registered and loaded, when they are asked for what, and what is checked of their values.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { openEnvManager } from '../../../runtime-env/manager.ts'
import { toPlain } from '../../../runtime-env/plain.ts'
import {
  registerRuntimeEnvPlugin,
  unregisterRuntimeEnvPlugin,
} from '../../../runtime-env/plugins/registry.ts'
import type { EnvManager, ResolvedEnv, RuntimeEnvPlugin } from '../../../runtime-env/types.ts'
import { runNode } from '../../support/command.ts'
import { envOf, failureOf } from '../../support/environments.ts'
import { root } from '../../support/paths.ts'
import { createWorkspace } from '../../support/workspace.ts'

const workspace = createWorkspace()
const managers: EnvManager[] = []
const registered: RuntimeEnvPlugin<any>[] = []
afterEach(async () => {
  for (const plugin of registered.splice(0)) unregisterRuntimeEnvPlugin(plugin)
  await Promise.all(managers.splice(0).map((manager) => manager.close()))
})
afterAll(() => workspace.remove())

function register(...plugins: RuntimeEnvPlugin<any>[]): void {
  for (const plugin of plugins) {
    registerRuntimeEnvPlugin(plugin)
    registered.push(plugin)
  }
}

let count = 0
function manager(maxBytes = 2 ** 30): EnvManager & { cacheDir: string } {
  const cacheDir = workspace.path(`cache-${count++}`)
  const packages = { fetch: () => Promise.reject(new Error('there are none')) }
  const made = openEnvManager({ cacheDir, maxBytes, linger: 0, packages })
  managers.push(made)
  return Object.assign(made, { cacheDir })
}

const withPlugins = (plugins: Record<string, unknown>, setupTimeout?: number): ResolvedEnv =>
  envOf(
    { plugins: Object.fromEntries(Object.entries(plugins).map(([name, value]) => [name, toPlain(value)])) },
    setupTimeout,
  )

describe('a plugin', () => {
  it('makes what its URIs name, and changes how processes are started', async () => {
    register({
      name: 'model',
      uris: (names: string[]) => names.map((name) => `model:${name}`),
      create: (uri, _, env, { folder, logger }) => {
        expect(env.key).toMatch(/^[0-9a-f]{64}$/)
        expect(readdirSync(folder)).toEqual([])
        logger.write('making')
        writeFileSync(join(folder, 'weights'), uri)
      },
      modifyContext(context, names, folders) {
        context.env.MODELS = folders.map((folder) => readFileSync(join(folder, 'weights'), 'utf8')).join()
        context.execArgv.push('--no-warnings')
      },
    })
    const { context } = await manager().acquire(withPlugins({ model: ['a', 'b'] }))
    expect(context.env).toEqual({ MODELS: 'model:a,model:b' })
    expect(context.execArgv).toEqual(['--no-warnings'])
  })

  it('makes a URI once for all environments that name it', async () => {
    const made: string[] = []
    register({
      name: 'model',
      uris: (names: string[]) => names,
      create: (uri) => void made.push(uri),
    })
    const on = manager()
    await Promise.all(
      [['a', 'b'], ['b', 'c'], ['c', 'a'], ['a']].map((model) => on.acquire(withPlugins({ model }))),
    )
    expect(made.sort()).toEqual(['a', 'b', 'c'])
  })

  it('has its turn by its priority: ours first, the container last', async () => {
    const turns: string[] = []
    const plugin = (name: string, priority?: number): RuntimeEnvPlugin<any> => ({
      name,
      ...(priority !== undefined && { priority }),
      uris: () => [name],
      create: () => void turns.push(`create ${name}`),
      modifyContext: ({ env }) => void turns.push(`modify ${name} ${env.A}`),
    })
    register(plugin('late', 20), plugin('usual'), plugin('early', -1))
    const { fields } = withPlugins({ late: 1, usual: 1, early: 1 })
    await manager().acquire(envOf({ ...fields, envVars: { A: 'set' } }))
    expect(turns).toEqual([
      'create early',
      'create usual',
      'create late',
      'modify early undefined',
      'modify usual set',
      'modify late set',
    ])
  })

  it('is told before what it made is removed', async () => {
    const deleted: [string, boolean][] = []
    register({
      name: 'big',
      uris: (name: string) => [name],
      create: (_, __, ___, { folder }) => writeFileSync(join(folder, 'file'), Buffer.alloc(40_000)),
      delete: (uri, folder) => void deleted.push([uri, existsSync(join(folder, 'file'))]),
    })
    const on = manager(100_000)
    for (const name of ['a', 'b', 'c']) {
      const lease = await on.acquire(withPlugins({ big: name }))
      lease.release()
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    expect(deleted).toEqual([['a', true]])
  })

  it('gets values that JSON lacks as they were', async () => {
    let got: unknown
    register({ name: 'rich', check: (value) => void (got = value) })
    const value = { at: new Date(5), set: new Set([1]), map: new Map([['a', 1n]]) }
    await manager().acquire(withPlugins({ rich: value }))
    expect(got).toEqual(value)
  })

  it('has its values checked by its schema, draft-07 or 2020-12', async () => {
    const created: string[] = []
    const hooks = { uris: () => ['x'], create: () => void created.push('x') }
    register(
      {
        ...hooks,
        name: 'checked',
        schema: {
          type: 'object',
          required: ['size'],
          properties: {
            size: { enum: ['small', 'large'] },
            list: { type: 'array', items: { type: 'number' } },
          },
          additionalProperties: false,
        },
      },
      {
        ...hooks,
        name: 'newer',
        schema: {
          $schema: 'https://json-schema.org/draft/2020-12/schema',
          type: 'array',
          prefixItems: [{ type: 'string' }],
          items: false,
        },
      },
    )
    const on = manager()
    const wrong = { size: 'huge', list: [1, '2'], other: 1 }
    const { message } = await failureOf(on.acquire(withPlugins({ checked: wrong })))
    expect(message).toContain(
      'plugins.checked.size must be equal to one of the allowed values: "small", "large"',
    )
    expect(message).toContain('plugins.checked.list[1] must be number')
    expect(message).toContain('plugins.checked must NOT have additional properties: other')
    expect((await failureOf(on.acquire(withPlugins({ newer: [1] })))).message).toContain(
      'plugins.newer[0] must be',
    )
    expect(created).toEqual([])
    await on.acquire(withPlugins({ checked: { size: 'small' }, newer: ['x'] }))
    expect(created).toEqual(['x', 'x'])
  })

  it('that fails ends the set-up with what it printed, and is asked again at the next', async () => {
    let tries = 0
    register({
      name: 'flaky',
      uris: () => ['x'],
      create(_, __, ___, { folder, logger }) {
        writeFileSync(join(folder, 'half'), '')
        logger.write('line one\nline two\n')
        if (tries++ === 0) throw new TypeError('not now')
      },
    })
    const on = manager()
    const error = await failureOf(on.acquire(withPlugins({ flaky: 1 })))
    expect(error.reason).toContain('plugins.flaky: not now')
    expect(error.output).toBe('line one\nline two')
    expect(error.message).toContain('line two')
    expect(error.cause).toBeInstanceOf(Error)
    const { context } = await on.acquire(withPlugins({ flaky: 1 }))
    expect(context.env).toEqual({})
    expect(tries).toBe(2)
  })

  it('that takes longer than the set-up may is not waited for', async () => {
    let aborted = false
    register({
      name: 'endless',
      uris: () => ['x'],
      create: (_, __, ___, { signal }) =>
        new Promise(() => signal.addEventListener('abort', () => void (aborted = true))),
    })
    const error = await failureOf(manager().acquire(withPlugins({ endless: 1 }, 100)))
    expect(error.message).toContain('took longer than 0.1 s')
    expect(aborted).toBe(true)
  })

  it('that a worker does not have is named, with those that it has', async () => {
    register({ name: 'gpu-model' })
    const error = await failureOf(manager().acquire(withPlugins({ 'gpu-modle': 1 })))
    expect(error.message).toContain('this worker has no plugin "gpu-modle"')
    expect(error.message).toContain('Did you mean gpu-model?')
  })
})

describe('registering', () => {
  it('is refused for what is no plugin', () => {
    const refused = (plugin: unknown, why: RegExp) =>
      expect(() => registerRuntimeEnvPlugin(plugin as RuntimeEnvPlugin)).toThrow(why)
    refused(null, /a plugin is an object with a name, and not null/)
    refused({}, /a plugin has a name/)
    refused({ name: 'a b' }, /not "a b"/)
    refused({ name: 'npm' }, /npm, which is a field of every environment/)
    refused({ name: 'x', create: 1 }, /the create of the plugin x is no function/)
    refused({ name: 'x', priority: 'high' }, /the priority of the plugin x is no number/)
    refused({ name: 'x', uris: () => [] }, /has uris, and no create/)
    refused(
      { name: 'x', modifyContex: () => {} },
      /modifyContex, which is unknown. Did you mean modifyContext/,
    )
    refused({ name: 'x', schema: { type: 'strin' } }, /its schema is none/)
  })

  it('takes a plugin twice, and another of its name only when it is gone', () => {
    const plugin = { name: 'x' }
    register(plugin)
    registerRuntimeEnvPlugin(plugin)
    expect(() => registerRuntimeEnvPlugin({ name: 'x' })).toThrow(/there is a plugin "x" already/)
    expect(unregisterRuntimeEnvPlugin('x')).toBe(true)
    expect(unregisterRuntimeEnvPlugin('x')).toBe(false)
    register({ name: 'x' })
  })

  const library = JSON.stringify(pathToFileURL(join(root, 'dist/runtime-env/index.js')).href)
  const program = (text: string) => `
    import { registerRuntimeEnvPlugin, RuntimeEnv } from ${library}
    const has = (name) => { try { RuntimeEnv.from({ plugins: { [name]: 1 } }); return true } catch { return false } }
    ${text}`

  it('loads plugins from files and packages, ES modules and CommonJS, one or several', () => {
    const app = workspace.path('app')
    mkdirSync(app)
    workspace.write({
      'app/one.mjs': `export default { name: 'one' }`,
      'app/two.cjs': `module.exports = [{ name: 'two' }, { name: 'three' }]`,
      'app/node_modules/some-plugin/package.json': `{ "name": "some-plugin", "type": "module", "exports": "./x.js" }`,
      'app/node_modules/some-plugin/x.js': `export default { name: 'four' }`,
      'app/late.mjs': `await null; export default { name: 'late' }`,
      'app/load.mjs': program(`
        registerRuntimeEnvPlugin('./one.mjs')
        registerRuntimeEnvPlugin(new URL('./two.cjs', import.meta.url).href)
        registerRuntimeEnvPlugin('some-plugin')
        const wrong = (specifier) => { try { registerRuntimeEnvPlugin(specifier) } catch (error) { return error.message } }
        console.log(JSON.stringify([['one', 'two', 'three', 'four', 'five'].map(has), wrong('./nowhere.mjs'), wrong('./late.mjs')]))`),
    })
    const { code, stdout, stderr } = runNode(app, 'load.mjs')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [found, missing, late] = JSON.parse(stdout)
    expect(found).toEqual([true, true, true, true, false])
    expect(missing).toContain('the plugin ./nowhere.mjs can not be loaded')
    expect(late).toContain('await at its top level')
  })

  it('loads those that CORNICHON_RUNTIME_ENV_PLUGINS names', () => {
    const app = workspace.path('configured')
    mkdirSync(app)
    workspace.write({
      'configured/one.mjs': `export default { name: 'one' }`,
      'configured/two.mjs': `export default { name: 'two' }`,
      'configured/load.mjs': program(`console.log(['one', 'two', 'three'].map(has).join())`),
      'configured/own.mjs': program(`
        registerRuntimeEnvPlugin({ name: 'one' })
        console.log(has('one'), has('two'))`),
    })
    const run = (file: string, value: string) => {
      process.env.CORNICHON_RUNTIME_ENV_PLUGINS = value
      try {
        return runNode(app, file)
      } finally {
        delete process.env.CORNICHON_RUNTIME_ENV_PLUGINS
      }
    }
    expect(run('load.mjs', './one.mjs, ./two.mjs').stdout.trim()).toBe('true,true,false')
    expect(run('load.mjs', '["./two.mjs"]').stdout.trim()).toBe('false,true,false')
    expect(run('own.mjs', './one.mjs,./two.mjs').stdout.trim()).toBe('true true')
  })
})
