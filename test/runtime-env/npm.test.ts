// The field npm: what workers install, from a list, a package.json, a lock file, or what bundles refer to.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RuntimeEnv } from '../../runtime-env/index.ts'
import { findNpmScript } from '../../runtime-env/npm/client.ts'
import type { LocalPackage, NpmField, PackageMention, ResolvedNpm } from '../../runtime-env/types.ts'
import { createWorkspace, type Workspace } from '../support/workspace.ts'
import { archiveOf, pathsOf } from './tree.ts'

let workspace: Workspace
beforeEach(() => {
  workspace = createWorkspace()
})
afterEach(() => {
  vi.restoreAllMocks()
  workspace.remove()
})

interface Resolved {
  readonly npm: ResolvedNpm
  readonly packages: readonly LocalPackage[]
}

function resolved(
  npm: 'auto' | string | readonly string[] | NpmField,
  references: PackageMention[] = [],
): Resolved {
  const { env, packages } = RuntimeEnv.from({ npm }, { base: workspace.folder }).resolve({ references })
  return {
    npm: env?.fields.npm ?? { packageJson: {}, lockFile: null, local: {}, allowScripts: false },
    packages,
  }
}

const packageJson = (fields: object) => JSON.stringify(fields)

function npm(folder: string, ...args: string[]): void {
  execFileSync(process.execPath, [findNpmScript()!, ...args, '--no-audit', '--no-fund', '--offline'], {
    cwd: folder,
    stdio: 'pipe',
  })
}

/** @scope/main asks for its helper by range, and not by path. */
function writeMainOfRange(): void {
  workspace.write({
    'packages/main/package.json': packageJson({
      name: '@scope/main',
      version: '2.0.0',
      main: 'lib/index.js',
      files: ['lib'],
      dependencies: { helper: '^1.0.0' },
    }),
  })
}

/** Two packages that are folders here: `main` needs `helper`, by a path. */
function makePackages(): void {
  workspace.write({
    'packages/helper/package.json': packageJson({ name: 'helper', version: '1.0.0', main: 'index.js' }),
    'packages/helper/index.js': 'module.exports = 20',
    'packages/main/package.json': packageJson({
      name: '@scope/main',
      version: '2.0.0',
      files: ['lib'],
      main: 'lib/index.js',
      dependencies: { helper: 'file:../helper' },
    }),
    'packages/main/.gitignore': 'lib',
    'packages/main/lib/index.js': "module.exports = require('helper') + 1",
    'packages/main/test/x.test.js': '',
    'packages/main/node_modules/junk/index.js': '',
  })
}

/** Makes what npm is told to, as a worker does, and gives what a program there would see. */
async function installed({ npm: field, packages }: Resolved, expression: string): Promise<unknown> {
  const at = workspace.path('worker')
  rmSync(at, { recursive: true, force: true })
  workspace.write({
    'worker/package.json': packageJson(field.packageJson),
    ...(field.lockFile && { 'worker/package-lock.json': packageJson(field.lockFile) }),
  })
  for (const [path, uri] of Object.entries(field.local)) {
    const pkg = packages.find((each) => each.uri === uri)!
    if (uri.endsWith('.tgz')) workspace.write({ [join('worker', path)]: readFileSync(pkg.path) })
    else {
      const entries = await archiveOf(pkg, workspace.path('package.zip'))
      for (const [name, { text }] of Object.entries(entries))
        workspace.write({ [join('worker', path, name)]: text })
    }
  }
  npm(at, field.lockFile === null || field.isLockPartial ? 'install' : 'ci')
  return execFileSync(process.execPath, ['-p', expression], { cwd: at, encoding: 'utf8' }).trim()
}

describe('a list', () => {
  it('becomes the dependencies of a package.json, in order of their names', () => {
    expect(
      resolved(['zod@^3.1', '@types/node@20', 'lodash', 'seven@npm:is-odd@1.0.0', 'x@latest']).npm,
    ).toEqual({
      packageJson: {
        dependencies: {
          '@types/node': '20',
          lodash: '*',
          seven: 'npm:is-odd@1.0.0',
          x: 'latest',
          zod: '^3.1',
        },
      },
      lockFile: null,
      local: {},
      allowScripts: false,
    })
    expect(resolved({ packages: ['lodash@4'], allowScripts: true }).npm.allowScripts).toBe(true)
  })

  it('names the same set, however it is written', () => {
    const key = (list: string[]) => RuntimeEnv.from({ npm: list }).resolve().env!.key
    expect(key(['b@1', 'a@2'])).toBe(key(['a@2', 'b@1']))
    expect(key(['b@1', 'a@2'])).not.toBe(key(['a@2', 'b@2']))
  })

  it('may be empty, which asks for nothing', () => {
    expect(RuntimeEnv.from({ npm: [] }).resolve().env).toBeNull()
  })

  it('takes folders along, as npm would publish them, and what they need by path', async () => {
    makePackages()
    const result = resolved(['./packages/main'])
    expect(result.npm.packageJson).toEqual({ dependencies: { '@scope/main': 'file:local/@scope/main' } })
    expect(Object.keys(result.npm.local)).toEqual(['local/@scope/helper', 'local/@scope/main'])
    const main = result.packages.find(({ path }) => path === workspace.path('packages/main'))!
    expect(pathsOf(main)).toEqual(['lib/index.js', 'package.json'])
    expect(await installed(result, "require('@scope/main')")).toBe('21')
  })

  it('takes archives along as they are', async () => {
    makePackages()
    npm(workspace.path('packages/helper'), 'pack')
    const result = resolved(['file:packages/helper/helper-1.0.0.tgz'])
    expect(result.npm.packageJson).toEqual({ dependencies: { helper: 'file:local/helper.tgz' } })
    expect(result.packages.map(({ path }) => path)).toEqual([
      workspace.path('packages/helper/helper-1.0.0.tgz'),
    ])
    expect(await installed(result, "require('helper')")).toBe('20')
  })
})

describe('a package.json', () => {
  it('is kept as far as it says what is needed at run time', () => {
    workspace.write({
      'app/package.json': packageJson({
        name: 'app',
        scripts: { postinstall: 'exit 1' },
        dependencies: { lodash: '^4' },
        optionalDependencies: { fsevents: '*' },
        devDependencies: { vitest: '4', pinned: '1.2.3' },
        overrides: { pinned: '$pinned', lodash: { deep: '2' } },
      }),
    })
    expect(resolved('app/package.json').npm.packageJson).toEqual({
      dependencies: { lodash: '^4' },
      optionalDependencies: { fsevents: '*' },
      overrides: { pinned: '1.2.3', lodash: { deep: '2' } },
    })
  })

  it('takes along what it names by path; further packages may be asked for beside it', async () => {
    makePackages()
    workspace.write({
      'app/package.json': packageJson({ dependencies: { '@scope/main': 'file:../packages/main' } }),
    })
    const result = resolved({ packageJson: 'app/package.json', packages: ['./packages/helper'] })
    expect(await installed(result, "require('@scope/main') + require('helper')")).toBe('41')
  })

  it('that asks for what npm does not know is an error', () => {
    workspace.write({ 'package.json': packageJson({ dependencies: { a: 'workspace:*' } }) })
    expect(() => resolved('package.json')).toThrow(/dependencies\.a is workspace:\*/)
    workspace.write({ 'package.json': '{ "dependencies": ' })
    expect(() => resolved('package.json')).toThrow(/package\.json is no JSON/)
  })
})

describe('a lock file', () => {
  it('is kept without what is for development, and what is here goes along', async () => {
    makePackages()
    npm(workspace.path('packages/helper'), 'pack', '--pack-destination', workspace.folder)
    workspace.write({
      'app/package.json': packageJson({
        name: 'app',
        dependencies: { '@scope/main': 'file:../packages/main', helper: 'file:../helper-1.0.0.tgz' },
        devDependencies: { tool: 'file:./tool' },
      }),
      'app/tool/package.json': packageJson({ name: 'tool', version: '1.0.0' }),
    })
    npm(workspace.path('app'), 'install', '--package-lock-only')
    const result = resolved('app/package-lock.json')
    expect(JSON.stringify(result.npm)).not.toContain('tool')
    expect(JSON.stringify(result.npm)).not.toContain('../packages')
    expect(await installed(result, "require('@scope/main') + require('helper')")).toBe('41')
  })

  it('of workspaces brings them as packages', async () => {
    makePackages()
    rmSync(workspace.path('packages/main/node_modules'), { recursive: true })
    workspace.write({ 'package.json': packageJson({ name: 'root', workspaces: ['packages/*'] }) })
    writeMainOfRange()
    npm(workspace.folder, 'install', '--package-lock-only')
    expect(await installed(resolved('package-lock.json'), "require('@scope/main')")).toBe('21')
  })

  it('that is none of npm 7 or newer, or stands beside a list, is an error', () => {
    workspace.write({
      'old/package-lock.json': packageJson({ lockfileVersion: 1, dependencies: {} }),
      'package-lock.json': packageJson({ lockfileVersion: 3, packages: {} }),
      'yarn.lock': '',
    })
    expect(() => resolved('old/package-lock.json')).toThrow(/npm install --package-lock-only/)
    expect(() => resolved('yarn.lock')).toThrow(/lock files are npm's/)
    expect(() => resolved({ lockFile: 'package-lock.json', packages: ['a'] })).toThrow(/npm\.packages/)
  })
})

describe("'auto'", () => {
  /** A program's folder, in which packages are installed. */
  function makeProgram(lock: Record<string, object> = {}, own: object = {}): void {
    workspace.write({
      'app/package.json': packageJson(own),
      'app/node_modules/.package-lock.json': packageJson({ packages: lock }),
    })
    vi.spyOn(process, 'cwd').mockReturnValue(workspace.path('app'))
  }
  const install = (path: string, version: string, more: object = {}) =>
    workspace.write({
      [`app/node_modules/${path}/package.json`]: packageJson({
        name: path.split('node_modules/').at(-1),
        version,
        main: 'index.js',
        ...more,
      }),
      [`app/node_modules/${path}/index.js`]: `module.exports = ${JSON.stringify(version)}`,
    })

  it('is what references name, in exactly the versions that they note', () => {
    makeProgram()
    install('lodash', '4.17.21')
    install('@s/a', '1.2.3')
    install('unused', '9.9.9')
    const { npm: field } = resolved('auto', [
      { specifier: 'lodash/fp', version: '4.17.21' },
      { specifier: 'lodash', version: '4.17.21' },
      { specifier: '@s/a/sub/path', version: '1.2.3' },
      { specifier: 'elsewhere', version: '0.1.0' },
      { specifier: 'file:///a/module.js', version: null },
      { specifier: 'cornichon', version: null },
      { specifier: 'cornichon/executor', version: null },
    ])
    expect(field.packageJson).toEqual({
      dependencies: { '@s/a': '1.2.3', elsewhere: '0.1.0', lodash: '4.17.21' },
    })
  })

  it('is nothing where references name nothing', () => {
    const env = RuntimeEnv.from({ npm: 'auto' })
    expect(env.wantsReferences).toBe(true)
    expect(env.resolve().env).toBeNull()
  })

  it('brings a package that is nested in another by that other, with the version overridden', () => {
    makeProgram()
    install('a', '1.0.0')
    install('a/node_modules/b', '2.0.0')
    install('b', '3.0.0')
    const { npm: field } = resolved('auto', [
      { specifier: 'b', version: '2.0.0', via: ['a'] },
      { specifier: 'b', version: '3.0.0' },
    ])
    expect(field.packageJson).toEqual({
      dependencies: { a: '1.0.0', b: '3.0.0' },
      overrides: { a: { b: '2.0.0' } },
    })
  })

  it('packages the folder of one that is linked, and of those that it needs and no registry has', async () => {
    makePackages()
    makeProgram()
    writeMainOfRange()
    mkdirSync(workspace.path('app/node_modules/@scope'), { recursive: true })
    symlinkSync('../../../packages/main', workspace.path('app/node_modules/@scope/main'))
    mkdirSync(workspace.path('node_modules'))
    symlinkSync('../packages/helper', workspace.path('node_modules/helper'))
    const result = resolved('auto', [{ specifier: '@scope/main', version: '2.0.0' }])
    expect(result.npm.packageJson).toEqual({
      dependencies: { '@scope/main': 'file:local/@scope/main', helper: 'file:local/helper' },
    })
    expect(await installed(result, "require('@scope/main')")).toBe('21')
  })

  it.each<[string, string, object, object]>([
    ['a file, as the lock file notes', 'tool', { 'node_modules/tool': { resolved: 'file:../tool.tgz' } }, {}],
    [
      'a repository, as the lock file notes',
      'tool',
      { 'node_modules/tool': { resolved: 'git+ssh://h/x.git#1' } },
      {},
    ],
    ['an address, as the program asks', 'tool', {}, { dependencies: { tool: 'https://h/tool.tgz' } }],
    ['GitHub, as the program asks', 'tool', {}, { devDependencies: { tool: 'user/tool' } }],
  ])('packages what came from %s', async (_, name, lock, own) => {
    makeProgram(lock as Record<string, object>, own)
    install(name, '1.0.0')
    install(`${name}/node_modules/dependency`, '1.0.0')
    const result = resolved('auto', [{ specifier: name, version: '1.0.0' }])
    expect(result.npm.packageJson).toEqual({ dependencies: { [name]: `file:local/${name}` } })
    expect(pathsOf(result.packages[0]!)).toEqual(['index.js', 'package.json'])
    expect(await installed(result, `require('${name}')`)).toBe('1.0.0')
  })

  it('takes what came from a registry from there', () => {
    makeProgram(
      { 'node_modules/a': { resolved: 'https://registry.example/a/-/a-1.0.0.tgz' } },
      { dependencies: { a: '^1', b: 'npm:c@2' } },
    )
    install('a', '1.0.0')
    workspace.write({ 'app/node_modules/b/package.json': packageJson({ name: 'c', version: '2.0.0' }) })
    const { npm: field, packages } = resolved('auto', [
      { specifier: 'a', version: '1.0.0' },
      { specifier: 'b', version: '2.0.0' },
    ])
    expect(field.packageJson).toEqual({ dependencies: { a: '1.0.0', b: 'npm:c@2.0.0' } })
    expect(packages).toEqual([])
  })

  it('leaves to a package.json what that asks for', () => {
    makeProgram()
    workspace.write({ 'package.json': packageJson({ dependencies: { a: '^1' } }) })
    const { npm: field } = resolved({ packages: 'auto', packageJson: 'package.json' }, [
      { specifier: 'a', version: '1.5.0' },
      { specifier: 'b', version: '2.0.0' },
    ])
    expect(field.packageJson).toEqual({ dependencies: { a: '^1', b: '2.0.0' } })
  })

  it('can not have two versions of one package, nor one of none', () => {
    makeProgram()
    expect(() =>
      resolved('auto', [
        { specifier: 'a', version: '1.0.0' },
        { specifier: 'a/b', version: '2.0.0' },
      ]),
    ).toThrow(/two versions of a.*1\.0\.0.*2\.0\.0/)
    expect(() => resolved('auto', [{ specifier: 'a', version: null }])).toThrow(/npm: \['a@<range>'\]/)
  })

  it('of a real package is where Node.js finds it, from the registry', () => {
    const require = createRequire(import.meta.url)
    const { version } = require('lodash/package.json')
    vi.spyOn(process, 'cwd').mockReturnValue(dirname(dirname(dirname(require.resolve('lodash')))))
    expect(resolved('auto', [{ specifier: 'lodash', version }]).npm.packageJson).toEqual({
      dependencies: { lodash: version },
    })
  })
})
