// RuntimeEnv: within each other, as JSON, resolved.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RuntimeEnv, registerRuntimeEnvPlugin, unregisterRuntimeEnvPlugin } from '../../runtime-env/index.ts'
import type { RuntimeEnvFields } from '../../runtime-env/types.ts'
import { createWorkspace } from '../support/workspace.ts'

const workspace = createWorkspace()
beforeAll(() => {
  registerRuntimeEnvPlugin({ name: 'a' })
  registerRuntimeEnvPlugin({ name: 'b' })
})
afterAll(() => {
  unregisterRuntimeEnvPlugin('a')
  unregisterRuntimeEnvPlugin('b')
  workspace.remove()
})

describe('environments within each other', () => {
  const merged = (outer: RuntimeEnvFields, inner: RuntimeEnvFields) =>
    RuntimeEnv.from(outer).merge(inner).fields

  it('have the variables of both, the inner one deciding', () => {
    expect(merged({ envVars: { A: '1', B: '1' } }, { envVars: { B: '2', C: '2' } })).toEqual({
      envVars: { A: '1', B: '2', C: '2' },
    })
  })

  it('have every other field of the inner one, or else of the outer one', () => {
    expect(
      merged(
        { npm: ['a', 'b'], nodeVersion: '20', config: { setupTimeout: 1 } },
        { npm: ['c'], config: {}, excludes: ['x'] },
      ),
    ).toEqual({ npm: { packages: ['c'] }, nodeVersion: '20', config: {}, excludes: ['x'] })
  })

  it('have the plugins of both: each is a field in its own right', () => {
    expect(merged({ plugins: { a: { x: 1 } } }, { plugins: { b: 2 } })).toEqual({
      plugins: { a: { x: 1 }, b: 2 },
    })
    expect(merged({ plugins: { a: { x: 1 } } }, { plugins: { a: { y: 1 } } })).toEqual({
      plugins: { a: { y: 1 } },
    })
  })

  it('are the same, merged before or after they are resolved', () => {
    const outer = RuntimeEnv.from({ envVars: { A: '1', B: '1' }, npm: ['a'], plugins: { a: 1 } })
    const inner = RuntimeEnv.from({ envVars: { B: '2' }, nodeVersion: '>=20', plugins: { b: new Date(0) } })
    const { env } = inner.resolve({ outer: outer.resolve().env })
    expect(env).toEqual(outer.merge(inner).resolve().env)
    expect(RuntimeEnv.from({}).resolve({ outer: env }).env).toEqual(env)
  })

  it('have the time of the inner one, or else of the outer one', () => {
    const time = (inner: RuntimeEnvFields, outer: RuntimeEnvFields) =>
      RuntimeEnv.from({ nodeVersion: '*', ...inner }).resolve({ outer: RuntimeEnv.from(outer).resolve().env })
        .env?.setupTimeout
    const outer = { nodeVersion: '20', config: { setupTimeout: 5 } }
    expect(time({}, outer)).toBe(5)
    expect(time({ config: { setupTimeout: 7 } }, outer)).toBe(7)
    expect(time({}, {})).toBe(600_000)
  })
})

describe('as JSON', () => {
  it('is what a user would write', () => {
    const fields = {
      npm: { packages: ['lodash@^4'] },
      envVars: { json: 'x', meta: 'y' },
      config: { setupTimeout: 5 },
    }
    expect(JSON.parse(JSON.stringify(RuntimeEnv.from(fields)))).toEqual(fields)
  })

  it('has what JSON lacks, and gives it back', () => {
    const prefix = 'hello'
    const env = RuntimeEnv.from({
      setupHook: () => `${prefix} hook`,
      plugins: {
        a: { when: new Date(5), big: 12n, map: new Map([[/x/g, new Set([undefined, Number.NaN, -0])]]) },
        b: { json: 1 },
      },
    })
    const again = RuntimeEnv.fromJSON(JSON.stringify(env))
    expect(again.fields.plugins).toEqual(env.fields.plugins)
    expect(again.fields.setupHook!()).toBe('hello hook')
    expect(JSON.stringify(again)).toBe(JSON.stringify(env))
  })

  it('is read from a file, whose paths start from its folder', () => {
    workspace.write({
      'conf/env.json': '\uFEFF{ "workingDir": "../app", "envVars": { "A": "1" } }',
      'conf/bad.json': '{ "working_dir": "../app" }',
      'conf/worse.json': '{ "workingDir": ',
      'app/x': '',
    })
    expect(RuntimeEnv.fromFile(workspace.path('conf/env.json')).fields).toEqual({
      workingDir: workspace.path('app'),
      envVars: { A: '1' },
    })
    expect(() => RuntimeEnv.fromFile(workspace.path('conf/bad.json'))).toThrow(
      /bad\.json: .*no field working_dir. Did you mean workingDir\?/,
    )
    expect(() => RuntimeEnv.fromFile(workspace.path('conf/worse.json'))).toThrow(/worse\.json is no JSON/)
    expect(() => RuntimeEnv.fromFile(workspace.path('conf/none.json'))).toThrow(/none\.json can't be read/)
  })
})

describe('resolved', () => {
  it('is nothing where nothing of a process changes', () => {
    for (const fields of [
      {},
      { envVars: {} },
      { uris: [], npm: [], plugins: {} },
      { config: { setupTimeout: 5 } },
      { excludes: ['x'] },
    ])
      expect(RuntimeEnv.from(fields).resolve()).toEqual({ env: null, packages: [] })
  })

  it('has one key, in whatever order fields were written; another for another', () => {
    const key = (fields: RuntimeEnvFields) => RuntimeEnv.from(fields).resolve().env!.key
    expect(key({ envVars: { A: '1', B: '2' }, nodeVersion: '20' })).toBe(
      key({ nodeVersion: '20', envVars: { B: '2', A: '1' }, config: { setupTimeout: 5 } }),
    )
    expect(key({ envVars: { A: '1' } })).not.toBe(key({ envVars: { A: '2' } }))
  })

  it('names files of this machine by URIs, and no path', () => {
    workspace.write({ 'program/x.txt': '1', 'program/y.log': '2', 'data.zip': 'zip', 'code.tar.gz': 'tgz' })
    const { env, packages } = RuntimeEnv.from(
      { workingDir: 'program', excludes: ['*.log'], uris: ['data.zip', 'code.tar.gz', 'https://h/z.zip'] },
      { base: workspace.folder },
    ).resolve()
    expect(packages.map(({ path }) => path)).toEqual(
      ['program', 'data.zip', 'code.tar.gz'].map((name) => workspace.path(name)),
    )
    expect(env!.fields).toEqual({
      workingDir: packages[0]!.uri,
      uris: [packages[1]!.uri, packages[2]!.uri, 'https://h/z.zip'],
    })
    expect(packages[0]!.files.map(({ path }) => path)).toEqual(['x.txt'])
    expect(JSON.stringify(env)).not.toContain(workspace.folder)
  })

  it('reads files once for an environment, and for those that have its folder from it', () => {
    workspace.write({ 'once/x.txt': '1' })
    const env = RuntimeEnv.from({ workingDir: workspace.path('once') })
    const first = env.resolve()
    expect(env.resolve()).toBe(first)
    workspace.write({ 'once/x.txt': 'changed' })
    expect(env.resolve()).toBe(first)
    expect(env.merge({ envVars: { A: '1' } }).resolve().env!.fields.workingDir).toBe(
      first.env!.fields.workingDir,
    )
    expect(RuntimeEnv.from({}).merge(env).resolve().env).toEqual(first.env)
    const fresh = RuntimeEnv.from({ workingDir: workspace.path('once') })
    expect(fresh.resolve().env!.key).not.toBe(first.env!.key)
    expect(env.merge(fresh).resolve().env).toEqual(fresh.resolve().env)
  })

  it('has a hook by the hash that it was exported under, each time anew', () => {
    const exported: unknown[] = []
    const setupHook = () => {}
    const env = RuntimeEnv.from({ setupHook })
    const resolve = (hash: string) =>
      env.resolve({ exportHook: (hook) => (exported.push(hook), hash) }).env!.fields
    expect(resolve('one')).toEqual({ setupHook: 'one' })
    expect(resolve('two')).toEqual({ setupHook: 'two' })
    expect(exported).toEqual([setupHook, setupHook])
    expect(() => env.resolve()).toThrow(/exportHook/)
  })

  it("has other packages for other references, where npm is 'auto'", () => {
    const env = RuntimeEnv.from({ npm: 'auto' })
    const packages = (...references: { specifier: string; version: string }[]) =>
      env.resolve({ references }).env?.fields.npm?.packageJson
    expect(packages({ specifier: 'none-such-a', version: '1.0.0' })).toEqual({
      dependencies: { 'none-such-a': '1.0.0' },
    })
    expect(packages({ specifier: 'none-such-b', version: '2.0.0' })).toEqual({
      dependencies: { 'none-such-b': '2.0.0' },
    })
    expect(packages()).toBeUndefined()
  })
})
