// Sets of npm packages: installed once, shared, from archives that the tests pack themselves; and one small real package.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { openEnvManager } from '../../../runtime-env/manager.ts'
import { findNpm } from '../../../runtime-env/npm/client.ts'
import type { EnvLease, EnvManager, ResolvedNpm } from '../../../runtime-env/types.ts'
import { tgzOf, zipOf } from '../../support/archives.ts'
import { runNode, runProgram } from '../../support/command.ts'
import { EnvWorker, envOf, failureOf, until } from '../../support/environments.ts'
import { createWorkspace } from '../../support/workspace.ts'

const workspace = createWorkspace()
const managers: EnvManager[] = []
afterEach(async () => {
  await Promise.all(managers.splice(0).map((manager) => manager.close()))
})
afterAll(() => workspace.remove())

workspace.write({ 'packages/.keep': '' })
let count = 0
const freshCache = () => workspace.path(`cache-${count++}`)

function manager(cacheDir = freshCache()): EnvManager & { cacheDir: string } {
  const made = openEnvManager({
    cacheDir,
    linger: 0,
    packages: {
      async fetch(uri, toFile) {
        writeFileSync(toFile, readFileSync(workspace.path('packages', uri.slice('cornichon://'.length))))
      },
    },
  })
  managers.push(made)
  return Object.assign(made, { cacheDir })
}

type Files = Record<string, string>
const entriesOf = (json: object, files: Files, top: string) =>
  Object.entries({ 'package.json': JSON.stringify(json), ...files }).map(([path, content]) => ({
    path: `${top}${path}`,
    content,
  }))

/** The URI of a package, packed as `npm pack` does. */
function packed(json: object, files: Files = {}, kind: 'tgz' | 'zip' = 'tgz'): string {
  const bytes = kind === 'tgz' ? tgzOf(entriesOf(json, files, 'package/')) : zipOf(entriesOf(json, files, ''))
  const name = `pkg_${createHash('sha256').update(bytes).digest('hex')}.${kind}`
  workspace.write({ [`packages/${name}`]: bytes })
  return `cornichon://${name}`
}

/** What is installed from packages that come along. */
function set(uris: Record<string, string>, more: Partial<ResolvedNpm> = {}): ResolvedNpm {
  const paths = Object.entries(uris).map(([name, uri]) => [name, `local/${name}.tgz`, uri] as const)
  return {
    packageJson: {
      private: true,
      dependencies: Object.fromEntries(paths.map(([name, path]) => [name, `file:${path}`])),
    },
    lockFile: null,
    local: Object.fromEntries(paths.map(([, path, uri]) => [path, uri])),
    allowScripts: false,
    ...more,
  }
}

/** What a program prints that runs in an environment. */
function run({ context }: Pick<EnvLease, 'context'>, code: string): string {
  const { code: exitCode, stdout, stderr } = runNode(context.cwd, '--input-type=module', '-e', code)
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return stdout.trim()
}

const one = packed({ name: 'one', version: '1.2.3' }, { 'index.js': 'module.exports = "one"' })
const two = packed(
  { name: '@s/two', version: '2.0.0', main: 'two.js', dependencies: { one: '^1.0.0' } },
  { 'two.js': 'module.exports = "two and " + require("one")' },
)

describe('npm', () => {
  it('packages are there for what runs in the environment, with import and require', async () => {
    const lease = await manager().acquire(envOf({ npm: set({ one, '@s/two': two }) }))
    expect(run(lease, `import two from '@s/two'; console.log(two)`)).toBe('two and one')
    expect(
      run(
        lease,
        `import { createRequire } from 'node:module'
         console.log(createRequire(process.cwd() + '/x.js')('one'))`,
      ),
    ).toBe('one')
  })

  it('the same set is installed once and shared by environments, and other sets are theirs', async () => {
    const made = manager()
    const [a, b, c] = await Promise.all([
      made.acquire(envOf({ npm: set({ one, '@s/two': two }), envVars: { A: '1' } })),
      made.acquire(envOf({ npm: set({ '@s/two': two, one }), envVars: { A: '2' } })),
      made.acquire(envOf({ npm: set({ one }) })),
    ])
    expect(readdirSync(join(made.cacheDir, 'npm'))).toHaveLength(2)
    expect(a.context.cwd).not.toBe(b.context.cwd)
    const at = (lease: EnvLease) => realpathSync(join(lease.context.cwd, '../node_modules/one'))
    expect(at(a)).toBe(at(b))
    expect(at(a)).not.toBe(at(c))
    expect(existsSync(join(c.context.cwd, '../node_modules/@s'))).toBe(false)
  })

  it('a folder that comes along is a package, too, and finds what it needs', async () => {
    const zip = packed(
      { name: 'three', version: '3.0.0', dependencies: { one: '1' } },
      { 'index.js': 'module.exports = "three and " + require("one")' },
      'zip',
    )
    const npm = set({ one })
    const lease = await manager().acquire(
      envOf({
        npm: {
          ...npm,
          packageJson: { dependencies: { one: 'file:local/one.tgz', three: 'file:local/three' } },
          local: { ...npm.local, 'local/three': zip },
        },
      }),
    )
    expect(run(lease, `import three from 'three'; console.log(three)`)).toBe('three and one')
  })

  it('packages of uris are beside those of npm, and see them', async () => {
    const needy = packed(
      { name: '@s/needy', version: '1.0.0' },
      { 'index.js': 'module.exports = "needy and " + require("@s/two")' },
    )
    const lease = await manager().acquire(envOf({ npm: set({ one, '@s/two': two }), uris: [needy] }))
    expect(run(lease, `import needy from '@s/needy'; console.log(needy)`)).toBe('needy and two and one')
  })

  it('a lock file is installed as it is, or not at all', async () => {
    const { packageJson, local } = set({ one })
    const entry = (integrity: string | null) => ({
      version: '1.2.3',
      resolved: 'file:local/one.tgz',
      ...(integrity !== null && { integrity }),
    })
    const lock = (integrity: string | null) => ({
      lockfileVersion: 3,
      requires: true,
      packages: { '': { dependencies: { one: 'file:local/one.tgz' } }, 'node_modules/one': entry(integrity) },
    })
    const bytes = readFileSync(workspace.path('packages', one.slice('cornichon://'.length)))
    const right = `sha512-${createHash('sha512').update(bytes).digest('base64')}`
    const made = manager()
    const lease = await made.acquire(envOf({ npm: { ...set({ one }), lockFile: lock(right) } }))
    expect(run(lease, `import one from 'one'; console.log(one)`)).toBe('one')
    const wrong = `sha512-${createHash('sha512').update('other').digest('base64')}`
    const damaged = { packageJson, local, lockFile: lock(wrong), allowScripts: false }
    const error = await failureOf(made.acquire(envOf({ npm: damaged })))
    expect(error.message).toContain('npm ci ended with exit code 1')
    expect(error.output).toContain('EINTEGRITY')
    const unfit = { ...damaged, lockFile: { lockfileVersion: 3, packages: { '': {} } } }
    expect((await failureOf(made.acquire(envOf({ npm: unfit })))).output).toContain('package-lock.json')
  })

  it('scripts of packages run only where they are allowed', async () => {
    const scripted = packed(
      { name: 'scripted', version: '1.0.0', scripts: { install: 'node install.js' } },
      { 'install.js': `require('fs').writeFileSync('ran', '')`, 'index.js': '' },
    )
    const made = manager()
    const refused = await made.acquire(envOf({ npm: set({ scripted }) }))
    expect(existsSync(join(refused.context.cwd, '../node_modules/scripted/ran'))).toBe(false)
    const allowed = await made.acquire(envOf({ npm: set({ scripted }, { allowScripts: true }) }))
    expect(existsSync(join(allowed.context.cwd, '../node_modules/scripted/ran'))).toBe(true)
  })

  it('what npm says is in the error, and the next try is a new one', async () => {
    const npm = { ...set({ one }), packageJson: { dependencies: { one: 'file:local/missing.tgz' } } }
    const made = manager()
    const error = await failureOf(made.acquire(envOf({ npm })))
    expect(error.reason).toContain('npm install ended with exit code')
    expect(error.output).toContain('missing.tgz')
    expect(error.message).toContain('missing.tgz')
    expect(readdirSync(join(made.cacheDir, 'tmp'))).toEqual([])
    expect(made.describe()).toMatchObject([{ state: 'failed', failure: error.message }])
    await failureOf(made.acquire(envOf({ npm })))
  })

  it('an install is ended with all that it has started when its time is over', async () => {
    const pidFile = workspace.path(`pid-${count++}`)
    const slow = slowPackage(pidFile)
    const made = manager()
    const acquired = failureOf(made.acquire(envOf({ npm: set({ slow }, { allowScripts: true }) }, 6_000)))
    await until(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '')
    expect((await acquired).message).toContain('took longer than 6 s')
    await until(() => !isRunning(Number(readFileSync(pidFile, 'utf8'))))
    await until(() => readdirSync(join(made.cacheDir, 'tmp')).length === 0)
  })

  it('an install ends with the process that it is for, killed even, and the next begins anew', async () => {
    const pidFile = workspace.path(`pid-${count++}`)
    const slow = slowPackage(pidFile)
    const options = { cacheDir: freshCache(), packages: workspace.path('packages'), linger: 0 }
    const worker = await EnvWorker.start(options)
    const env = envOf({ npm: set({ slow }, { allowScripts: true }) })
    void worker.acquire(env).catch(() => {})
    await until(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '')
    await worker.kill()
    await until(() => !isRunning(Number(readFileSync(pidFile, 'utf8'))))
    // The script waits no longer.
    writeFileSync(`${pidFile}.go`, '')
    const next = await EnvWorker.start(options)
    try {
      const { context } = await next.acquire(env)
      expect(existsSync(join(context.cwd, '../node_modules/slow/done'))).toBe(true)
      expect(readdirSync(join(options.cacheDir, 'tmp'))).toEqual([])
    } finally {
      await next.close()
    }
  })

  it('asks the worker’s own configuration where packages come from', async () => {
    const cacheDir = freshCache()
    workspace.write({ 'home/.npmrc': 'registry=http://127.0.0.1:9/\nfetch-retries=0\n' })
    const worker = await EnvWorker.start(
      { cacheDir, packages: workspace.path('packages'), linger: 0 },
      { npm_config_userconfig: workspace.path('home/.npmrc'), npm_config_cache: workspace.path('npm-cache') },
    )
    try {
      const npm = { ...set({}), packageJson: { dependencies: { 'is-number': '7.0.0' } } }
      await expect(worker.acquire(envOf({ npm }))).rejects.toMatchObject({
        name: 'RuntimeEnvSetupError',
        output: expect.stringContaining('127.0.0.1:9'),
      })
    } finally {
      await worker.close()
    }
  })

  it('what npm has in its own cache is not asked for again', async () => {
    const bytes = tgzOf(entriesOf({ name: 'from-registry', version: '1.0.0' }, {}, 'package/'))
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(request.url!)
      if (request.url!.endsWith('.tgz')) return void response.end(bytes)
      const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`
      const dist = { tarball: `http://${request.headers.host}/from-registry.tgz`, integrity }
      const version = { name: 'from-registry', version: '1.0.0', dist }
      response.setHeader('content-type', 'application/json')
      response.end(
        JSON.stringify({
          name: 'from-registry',
          'dist-tags': { latest: '1.0.0' },
          versions: { '1.0.0': version },
        }),
      )
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    workspace.write({
      'other/.npmrc': `registry=http://127.0.0.1:${(server.address() as AddressInfo).port}/\n`,
    })
    const worker = await EnvWorker.start(
      { cacheDir: freshCache(), packages: workspace.path('packages'), linger: 0 },
      {
        npm_config_userconfig: workspace.path('other/.npmrc'),
        npm_config_cache: workspace.path('other/cache'),
      },
    )
    try {
      const packageJson = { dependencies: { 'from-registry': '^1.0.0' } }
      await worker.acquire(envOf({ npm: { ...set({}), packageJson } }))
      expect(asked.some((url) => url.endsWith('.tgz'))).toBe(true)
      asked.length = 0
      const { context } = await worker.acquire(
        envOf({ npm: { ...set({}, { allowScripts: true }), packageJson } }),
      )
      expect(existsSync(join(context.cwd, '../node_modules/from-registry/package.json'))).toBe(true)
      expect(asked).toEqual([])
    } finally {
      await worker.close()
      server.closeAllConnections()
      server.close()
    }
  })

  it('installs a real package', async () => {
    const npm = { ...set({}), packageJson: { dependencies: { 'is-number': '7.0.0' } } }
    const lease = await manager().acquire(envOf({ npm }))
    expect(run(lease, `import isNumber from 'is-number'; console.log(isNumber('1'), isNumber('x'))`)).toBe(
      'true false',
    )
  })
})

describe('the npm client', () => {
  it('is found beside Node.js, and on PATH where it is not', () => {
    const { command, args } = findNpm()
    expect(command).toBe(process.execPath)
    expect(runProgram(workspace.folder, command, [args.at(-1)!, '--version']).stdout).toMatch(/^\d+\./)
    expect(() => findNpm(workspace.path('node'), workspace.folder)).toThrow(/there is no npm on this worker/)
    workspace.write({ 'elsewhere/node_modules/npm/bin/npm-cli.js': '' })
    expect(findNpm(workspace.path('node'), workspace.path('elsewhere')).args.at(-1)).toBe(
      workspace.path('elsewhere/node_modules/npm/bin/npm-cli.js'),
    )
  })
})

/** Its script notes its process id and waits until a file is there. */
function slowPackage(pidFile: string): string {
  return packed(
    { name: 'slow', version: '1.0.0', scripts: { install: 'node install.js' } },
    {
      'index.js': '',
      'install.js': `const { existsSync, writeFileSync } = require('node:fs')
        writeFileSync(${JSON.stringify(pidFile)}, String(process.pid))
        process.on('SIGTERM', () => {})
        const timer = setInterval(() => {
          if (!existsSync(${JSON.stringify(`${pidFile}.go`)})) return
          clearInterval(timer)
          writeFileSync('done', '')
        }, 20)`,
    },
  )
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  // One that has ended, and that nobody has taken note of yet.
  return !/^\d+ \(.*\) [ZX]/.test(
    existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '',
  )
}
