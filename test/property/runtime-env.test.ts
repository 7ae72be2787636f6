// Properties of runtime environments: merging, JSON, names of packages.
import { chmodSync, utimesSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { RuntimeEnv, registerRuntimeEnvPlugin, unregisterRuntimeEnvPlugin } from '../../runtime-env/index.ts'
import { packageFolder } from '../../runtime-env/package/index.ts'
import type { RuntimeEnvFields } from '../../runtime-env/types.ts'
import { createWorkspace } from '../support/workspace.ts'

const pluginNames = ['a', 'b', 'c']
beforeAll(() => {
  for (const name of pluginNames) registerRuntimeEnvPlugin({ name })
})
afterAll(() => {
  for (const name of pluginNames) unregisterRuntimeEnvPlugin(name)
})

const variable = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,8}$/)
const text = fc.string({ unit: 'binary' }).map((each) => each.replaceAll('\0', ''))
const range = fc.constantFrom('*', '^20.1.0', '>=18 <27', '22.x', '1.2.3')
const npmPackage = fc
  .tuple(fc.stringMatching(/^(@[a-z]{1,3}\/)?[a-z][a-z0-9-]{0,6}$/), range)
  .map(([name, spec]) => `${name}x@${spec}`)

/** What JSON holds, and what superjson does. */
const data = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.jsonValue({ maxDepth: 2 }),
    fc.date({ noInvalidDate: true }),
    fc.bigInt(),
    fc.constantFrom(undefined, Number.NaN, Infinity, -0),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(fc.string(), tie('value')), { maxLength: 3 }).map((entries) => new Map(entries)),
    fc.array(fc.string(), { maxLength: 3 }).map((items) => new Set(items)),
    fc.dictionary(fc.string({ maxLength: 4 }), tie('value'), { maxKeys: 3 }),
    fc.record({ json: tie('value') }),
  ),
})).value

const plain: fc.Arbitrary<RuntimeEnvFields> = fc.record(
  {
    npm: fc.oneof(
      fc.constant('auto' as const),
      fc.uniqueArray(npmPackage, { selector: (each) => each.slice(0, each.lastIndexOf('@')), maxLength: 4 }),
    ),
    envVars: fc.dictionary(variable, text, { noNullPrototype: true }),
    nodeVersion: range,
    excludes: fc.array(fc.constantFrom('*.log', '/build', '!keep', '**/x'), { maxLength: 3 }),
    container: fc.record(
      { image: fc.constantFrom('node:22', 'x/y@sha256:0'), engine: fc.constantFrom('docker', 'podman') },
      { requiredKeys: ['image'], noNullPrototype: true },
    ),
    uris: fc.array(fc.constantFrom('https://h/a.zip', 'file:///b.tgz'), { maxLength: 2 }),
    config: fc.record({ setupTimeout: fc.integer({ min: 1, max: 2 ** 31 - 1 }) }, { noNullPrototype: true }),
    plugins: fc.dictionary(
      fc.constantFrom(...pluginNames),
      fc.jsonValue().filter((value) => !keysIn(value).includes('__proto__')),
      { noNullPrototype: true },
    ),
  },
  { requiredKeys: [], noNullPrototype: true },
) as fc.Arbitrary<RuntimeEnvFields>

const from = (fields: RuntimeEnvFields) => RuntimeEnv.from(fields)

it('merging is associative, and an empty environment changes nothing', () => {
  fc.assert(
    fc.property(plain, plain, plain, (a, b, c) => {
      const left = from(a).merge(b).merge(c)
      expect(left.fields).toEqual(from(a).merge(from(b).merge(c)).fields)
      expect(from(a).merge({}).fields).toEqual(from(a).fields)
      expect(from({}).merge(a).fields).toEqual(from(a).fields)
      expect(from(a).merge(a).fields).toEqual(from(a).fields)
    }),
  )
})

it('merging gives each variable and field of the inner environment, and of the outer one what that lacks', () => {
  fc.assert(
    fc.property(plain, plain, (a, b) => {
      const [outer, inner] = [from(a), from(b)]
      const merged: Record<string, any> = outer.merge(inner).fields
      for (const field of Object.keys(merged)) {
        const [before, after] = [(outer.fields as any)[field], (inner.fields as any)[field]]
        if (field === 'envVars' || field === 'plugins') {
          expect(new Set(Object.keys(merged[field]))).toEqual(
            new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]),
          )
          for (const [name, value] of Object.entries(merged[field]))
            expect(value).toEqual(Object.hasOwn(after ?? {}, name) ? after[name] : before[name])
        } else expect(merged[field]).toEqual(after ?? before)
      }
    }),
  )
})

it('merging commutes with resolving', () => {
  const resolvable = plain.map(({ excludes, ...rest }) => rest)
  fc.assert(
    fc.property(resolvable, resolvable, (a, b) => {
      const outer = from(a).resolve().env
      // Of a list that asks for nothing, nothing travels.
      fc.pre(b.uris?.length !== 0 && !(Array.isArray(b.npm) && b.npm.length === 0) && b.npm !== 'auto')
      const nested = from(b).resolve({ outer }).env
      expect(nested?.fields).toEqual(from(a).merge(b).resolve().env?.fields)
      expect(nested?.key).toBe(from(a).merge(b).resolve().env?.key)
    }),
  )
})

it('what JSON is made of it comes back as it was', () => {
  fc.assert(
    fc.property(plain, data, (fields, value) => {
      // Names that superjson does not let pass, and RuntimeEnv.from refuses.
      fc.pre(!/__proto__|constructor|prototype/.test(keysIn([value, fields.plugins]).join()))
      const env = from({ ...fields, plugins: { ...fields.plugins, a: value } })
      const again = RuntimeEnv.fromJSON(JSON.stringify(env))
      expect(again.fields).toStrictEqual(env.fields)
      expect(JSON.stringify(again)).toBe(JSON.stringify(env))
      expect(RuntimeEnv.fromJSON(env.toJSON()).resolve()).toEqual(env.resolve())
    }),
  )
})

function keysIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const inner = value instanceof Map ? [...value.values()] : Object.values(value)
  return [...Object.keys(value), ...inner.flatMap(keysIn)]
}

it('a tree has one name, whatever the order, times and place it was made in; another tree has another', () => {
  const name = fc.stringMatching(/^[a-zäöü0-9 _.-]{1,6}$/).map((each) => `f${each}x`)
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))
  const file = fc.record({ bytes: fc.uint8Array({ maxLength: 20 }), isProgram: fc.boolean() })
  const tree = fc
    .dictionary(path, file, { minKeys: 1, maxKeys: 8, noNullPrototype: true })
    .filter((files) => {
      const paths = Object.keys(files)
      return !paths.some((a) => paths.some((b) => b.startsWith(`${a}/`)))
    })
  const packaged = (files: [string, { bytes: Uint8Array; isProgram: boolean }][], time: number) => {
    const workspace = createWorkspace()
    try {
      for (const [at, { bytes, isProgram }] of files) {
        workspace.write({ [at]: bytes })
        chmodSync(workspace.path(at), isProgram ? 0o755 : 0o644)
        utimesSync(workspace.path(at), time, time)
      }
      const { uri, files: manifest, size } = packageFolder(workspace.folder)
      return { uri, manifest, size }
    } finally {
      workspace.remove()
    }
  }
  fc.assert(
    fc.property(tree, fc.nat(), (files, seed) => {
      const entries = Object.entries(files)
      const first = packaged(entries, 1_000_000)
      const turned = [
        ...entries.slice(seed % entries.length),
        ...entries.slice(0, seed % entries.length),
      ].reverse()
      expect(packaged(turned, 2_000_000)).toEqual(first)
      const [at, { bytes, isProgram }] = entries[seed % entries.length]!
      const changed = entries.map(([path, each]) =>
        path === at
          ? ([path, { bytes: Uint8Array.of(...bytes, 1), isProgram }] as const)
          : ([path, each] as const),
      )
      expect(packaged(changed as typeof entries, 1_000_000).uri).not.toBe(first.uri)
    }),
    { numRuns: 50 },
  )
})
