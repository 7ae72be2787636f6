// What `npm pack` makes works where it is installed: the library from plain ES modules, its types, the command.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import * as esbuild from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Outcome, runNode, runProgram } from './support/command.ts'
import { nodeBinary, root, tsxArguments } from './support/paths.ts'
import { createWorkspace } from './support/workspace.ts'

const workspace = createWorkspace()
const app = workspace.path('app')
afterAll(() => workspace.remove())

/** npm under the Node of the tests. */
function npm(folder: string, ...args: string[]): Outcome {
  const cli = process.env.npm_execpath
  return cli?.endsWith('.js')
    ? runProgram(folder, nodeBinary, [cli, ...args])
    : runProgram(folder, process.platform === 'win32' ? 'npm.cmd' : 'npm', args)
}

let packed: { filename: string; files: { path: string }[] }

beforeAll(() => {
  mkdirSync(app)
  // dist/ is as new as the sources already (vitest's globalSetup).
  const { code, stdout, stderr } = npm(
    root,
    ...['pack', '--json', '--ignore-scripts', '--pack-destination', workspace.folder],
  )
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  packed = JSON.parse(stdout)[0] ?? Object.values(JSON.parse(stdout))[0]
  workspace.write({ 'app/package.json': '{ "private": true, "type": "module" }' })
  // What `npm ci` has fetched is in npm's cache, so that this needs no network as a rule.
  const installed = npm(
    app,
    ...['install', '--prefer-offline', '--no-audit', '--no-fund', workspace.path(packed.filename)],
  )
  expect({ code: installed.code, stderr: installed.code === 0 ? '' : installed.stderr }).toEqual({
    code: 0,
    stderr: '',
  })
}, 120_000)

describe('the package', () => {
  it('has what is published and nothing else', () => {
    const folders = new Set(packed.files.map(({ path }) => path.split('/')[0]))
    expect(
      [...folders].filter((name) => !['dist', 'docs', 'LICENSE', 'README.md', 'package.json'].includes(name)),
    ).toEqual([])
    expect(packed.files.some(({ path }) => path === 'dist/executor/cli/index.js')).toBe(true)
  })

  it('imports nothing but what is installed with it', () => {
    const home = join(app, 'node_modules', 'cornichon')
    const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
    const files = readdirSync(join(home, 'dist'), { recursive: true, encoding: 'utf8' })
    const imported = files
      .filter((file) => file.endsWith('.js'))
      .flatMap((file) => [
        ...readFileSync(join(home, 'dist', file), 'utf8').matchAll(
          /^(?:import|export) .*?from "([^."][^"]*)"|\b(?:import|require|lazy)\("([^."][^"]*)"\)/gm,
        ),
      ])
      .map(([, a, b]) => /^(@[^/]+\/)?[^/]+/.exec((a ?? b)!)![0])
      .filter((name) => !name.startsWith('node:') && !builtinModules.includes(name))
    expect(imported).toContain('yauzl')
    const known = ['cornichon', ...Object.keys({ ...dependencies, ...peerDependencies })]
    expect([...new Set(imported)].filter((name) => !known.includes(name))).toEqual([])
  })

  it('exports what has the name that it is exported by', () => {
    workspace.write({
      'app/names.js': `for (const from of ['cornichon', 'cornichon/executor', 'cornichon/runtime-env'])
          for (const [name, value] of Object.entries(await import(from)))
            if (typeof value === 'function' && value.name !== name) console.log(from, name, value.name)`,
    })
    expect(runNode(app, 'names.js')).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  it('dumps in one plain ES module and loads in another', () => {
    workspace.write({
      'app/dump.js': `import { writeFileSync } from 'node:fs'
        import { dumps } from 'cornichon'
        let count = 40
        writeFileSync('count.crn', dumps(() => ++count))`,
      'app/load.js': `import { readFileSync } from 'node:fs'
        import { loads } from 'cornichon'
        const next = loads(readFileSync('count.crn'))
        console.log(next(), next())`,
    })
    expect(runNode(app, 'dump.js')).toEqual({ code: 0, stdout: '', stderr: '' })
    workspace.remove('app', 'dump.js')
    expect(runNode(app, 'load.js')).toEqual({ code: 0, stdout: '41 42\n', stderr: '' })
  })

  it('has runtime environments as a module of their own', () => {
    workspace.write({
      'app/env.js': `import { RuntimeEnv } from 'cornichon/runtime-env'
        const env = RuntimeEnv.from({ workingDir: 'folder', excludes: ['*.log'], npm: ['ms@2'], nodeVersion: '>=20' })
        const { packages } = RuntimeEnv.fromJSON(JSON.stringify(env)).resolve()
        console.log(packages.flatMap(({ files }) => files.map(({ path }) => path)).join())`,
      'app/folder/a.txt': '',
      'app/folder/a.log': '',
    })
    expect(runNode(app, 'env.js')).toEqual({ code: 0, stdout: 'a.txt\n', stderr: '' })
  })

  it('runs tasks in a runtime environment: a folder, an npm package, a variable', () => {
    workspace.write({
      'app/data/text.txt': 'a text',
      'app/greeter/package.json': '{ "name": "greeter", "version": "1.0.0" }',
      'app/greeter/index.js': "exports.greet = (name) => 'hello ' + name",
      'app/task.js': `import { readFileSync } from 'node:fs'
        import { createRequire } from 'node:module'
        import { get, init, remote, shutdown } from 'cornichon/executor'
        await init({ numCpus: 1 })
        const task = remote(() => [
          readFileSync('text.txt', 'utf8'),
          createRequire(process.cwd() + '/x')('greeter').greet('you'),
          process.env.A_VARIABLE,
        ].join())
        const runtimeEnv = { workingDir: 'data', npm: ['./greeter'], envVars: { A_VARIABLE: 'set' } }
        console.log(await get(task.options({ runtimeEnv }).remote()))
        await shutdown()`,
    })
    const before = process.env.XDG_CACHE_HOME
    process.env.XDG_CACHE_HOME = workspace.path('cache')
    try {
      expect(runNode(app, 'task.js')).toEqual({ code: 0, stdout: 'a text,hello you,set\n', stderr: '' })
    } finally {
      if (before === undefined) delete process.env.XDG_CACHE_HOME
      else process.env.XDG_CACHE_HOME = before
    }
  })

  it('npx cornichon helps, packs TypeScript, inspects and runs', () => {
    const npx = (...args: string[]) => npm(app, 'exec', '--no', '--', 'cornichon', ...args)
    expect(npx('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage: cornichon') })
    workspace.write({ 'app/f.ts': 'const one: number = 1\nexport const f = (x: number): number => x + one' })
    expect(npx('pack', 'f.ts#f', '-o', 'f.crn')).toMatchObject({ code: 0 })
    workspace.remove('app', 'f.ts')
    expect(npx('run', 'f.crn', '--args', '[2]')).toMatchObject({ code: 0, stdout: '3\n' })
    expect(npx('inspect', 'f.crn')).toMatchObject({ code: 0, stdout: expect.stringContaining('one = 1') })
  })

  it.each(['esm', 'cjs'] as const)(
    'works within one file that a bundler makes of a program: %s',
    (format) => {
      workspace.write({
        'app/whole.js': `import { readFileSync, writeFileSync } from 'node:fs'
        import { dumps, loads } from 'cornichon'
        import { init } from 'cornichon/executor'
        class Counter { #n = 40; next() { return ++this.#n } }
        const counter = new Counter()
        const [, , file] = process.argv
        if (file === undefined) writeFileSync('bundled.crn', dumps(() => [counter.next(), readFileSync.name]))
        else console.log(loads(readFileSync(file))().join())
        init().catch((error) => console.log(error.message))`,
      })
      // It warns that CommonJS has no import.meta.
      const made = esbuild.buildSync({
        absWorkingDir: app,
        entryPoints: ['whole.js'],
        bundle: true,
        platform: 'node',
        format,
        write: false,
        logLevel: 'error',
      })
      workspace.write({ [`${format}/whole.${format === 'esm' ? 'mjs' : 'cjs'}`]: made.outputFiles[0].text })
      const folder = workspace.path(format)
      const run = (...args: string[]) => runNode(folder, `whole.${format === 'esm' ? 'mjs' : 'cjs'}`, ...args)
      const advice = expect.stringContaining('Let it leave cornichon out (esbuild: --external:cornichon;')
      expect(run()).toEqual({ code: 0, stdout: advice, stderr: '' })
      expect(run('bundled.crn')).toEqual({
        code: 0,
        stdout: expect.stringMatching(/^41,readFileSync\n/),
        stderr: '',
      })
    },
  )

  // What tsx changes gets a source map, which Node reads: half a second and 45 MB for the largest file.
  it('has little that tsx changes, and nothing that V8 keeps at two bytes a character', () => {
    const chunks = join(app, 'node_modules', 'cornichon', 'dist', 'chunks')
    workspace.write({
      'app/changed.ts': `import { findSourceMap } from 'node:module'
        import { join } from 'node:path'
        import { loadsAsync, dumps } from 'cornichon'
        import { init, shutdown } from 'cornichon/executor'
        await loadsAsync(dumps(1))
        await init({ mode: 'inline' })
        await shutdown()
        const files: string[] = JSON.parse(process.argv[2])
        console.log(files.filter((file) => findSourceMap(file) !== undefined).join('\\n'))`,
    })
    const files = readdirSync(chunks).map((file) => join(chunks, file))
    const { code, stdout, stderr } = runNode(app, ...tsxArguments, 'changed.ts', JSON.stringify(files))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const changed = stdout.split('\n').filter((file) => file !== '')
    expect(changed).not.toEqual([])
    expect(changed.filter((file) => readFileSync(file).length > 1_000)).toEqual([])
    expect(files.filter((file) => /[^\0-\xff]/.test(readFileSync(file, 'utf8')))).toEqual([])
  })

  it('has types that resolve, and that the declarations of a library built on it can name', () => {
    workspace.write({
      'app/typed.ts': `import { dumps, loads, Pickler } from 'cornichon'
        import { cancel, get, init, remote, wait } from 'cornichon/executor'
        import { RuntimeEnv, type RuntimeEnvFields } from 'cornichon/runtime-env'
        const fields: RuntimeEnvFields = { npm: 'auto', envVars: { A: '1' } }
        const key: string | undefined = RuntimeEnv.from(fields).resolve().env?.key
        // @ts-expect-error: variables are strings
        RuntimeEnv.from({ envVars: { A: 1 } })
        const f: () => number = loads<() => number>(dumps(() => 1))
        // @ts-expect-error: dumps takes a value
        dumps()
        f()
        // Options that are given as undefined are as good as none, also for who tells these apart.
        dumps(f, { byValue: undefined, compress: undefined, reducerOverride: undefined })
        loads(dumps(f), { code: undefined, limits: { maxBytes: undefined }, modules: undefined })
        new Pickler({ memo: undefined })
        RuntimeEnv.from({ npm: undefined, workingDir: undefined })
        init({ address: undefined, numCpus: undefined, logToDriver: undefined, resourceLimits: undefined })
        const ref = remote(f, { maxRetries: undefined, runtimeEnv: undefined }).remote()
        get(ref, { timeout: undefined })
        wait([ref], { numReturns: undefined, timeout: undefined })
        cancel(ref, { force: undefined })`,
      'app/library.ts': `import { loadsAsync } from 'cornichon'
        import { describeExecutor, get, getActor, type ObjectRef, put, remote, runOnAllWorkers, wait } from 'cornichon/executor'
        export const one = (ref: ObjectRef<number>) => get(ref)
        export const all = (refs: ObjectRef<number>[]) => get(refs)
        export const first = () => wait([put(1)])
        export const found = () => getActor('x')
        export const loaded = (bytes: Uint8Array) => loadsAsync(bytes)
        export const run = <T>(f: (x: T) => T, x: T) => get(remote(f).remote(x))
        export class Library {
          task = remote((x: number) => x)
          state() { return describeExecutor() }
          setUp() { return runOnAllWorkers(() => {}) }
        }`,
    })
    const { code, stdout } = runNode(
      app,
      join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
      ...[
        '--declaration',
        '--emitDeclarationOnly',
        '--outDir',
        'types',
        '--strict',
        '--exactOptionalPropertyTypes',
      ],
      ...['--module', 'nodenext', '--target', 'es2022', 'typed.ts', 'library.ts'],
      ...['--typeRoots', join(root, 'node_modules', '@types'), '--types', 'node'],
    )
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(readFileSync(join(app, 'types', 'library.d.ts'), 'utf8')).toContain(
      'one: (ref: ObjectRef<number>) => Promise<number>',
    )
  })
})
