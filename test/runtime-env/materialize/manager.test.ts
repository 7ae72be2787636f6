// What an EnvManager makes of each field, and what it says where it can't.
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { type EnvManagerOptions, openEnvManager } from '../../../runtime-env/manager.ts'
import { packageFolder, writeArchive } from '../../../runtime-env/package/index.ts'
import type { EnvManager, LocalPackage, ResolvedFields } from '../../../runtime-env/types.ts'
import { tgzOf, zipOf } from '../../support/archives.ts'
import { envOf, failureOf } from '../../support/environments.ts'
import { createWorkspace } from '../../support/workspace.ts'

const workspace = createWorkspace()
const managers: EnvManager[] = []
const packages = new Map<string, LocalPackage | Uint8Array>()
const fetched: string[] = []
afterEach(async () => {
  await Promise.all(managers.splice(0).map((manager) => manager.close()))
  fetched.length = 0
})
afterAll(() => workspace.remove())

const source = {
  async fetch(uri: string, toFile: string) {
    fetched.push(uri)
    const found = packages.get(uri)
    if (found === undefined) throw new Error(`nobody has ${uri}`)
    if (found instanceof Uint8Array) writeFileSync(toFile, found)
    else await writeArchive(found, toFile)
  },
}

let count = 0
function manager(options: Partial<EnvManagerOptions> = {}): EnvManager & { cacheDir: string } {
  const cacheDir = options.cacheDir ?? workspace.path(`cache-${count++}`)
  const made = openEnvManager({ packages: source, linger: 0, ...options, cacheDir })
  managers.push(made)
  return Object.assign(made, { cacheDir })
}

/** A package of these bytes. */
function archive(bytes: Uint8Array, kind = 'zip'): string {
  const uri = `cornichon://pkg_${createHash('sha256').update(bytes).digest('hex')}.${kind}`
  packages.set(uri, bytes)
  return uri
}

/** A package of a folder with these files. */
function folder(files: Record<string, string>): string {
  const name = `folder-${count++}`
  workspace.write(Object.fromEntries(Object.entries(files).map(([path, text]) => [`${name}/${path}`, text])))
  const pkg = packageFolder(workspace.path(name))
  packages.set(pkg.uri, pkg)
  return pkg.uri
}

const tree = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort()

describe('workingDir and uris', () => {
  it('the directory that processes run in is a copy of the package', async () => {
    const workingDir = folder({ 'data.txt': 'data', 'sub/x.js': 'x' })
    const { context } = await manager().acquire(envOf({ workingDir }))
    expect(tree(context.cwd)).toEqual(['data.txt', 'sub/x.js'])
    expect(context).toMatchObject({ env: {}, execPath: process.execPath, execArgv: [], prefix: [] })
  })

  it('environments with one package have a directory each, and fetch it once', async () => {
    const workingDir = folder({ 'data.txt': 'data' })
    const made = manager()
    const both = await Promise.all(['1', '2'].map((A) => made.acquire(envOf({ workingDir, envVars: { A } }))))
    writeFileSync(join(both[0]!.context.cwd, 'data.txt'), 'changed')
    expect(readFileSync(join(both[1]!.context.cwd, 'data.txt'), 'utf8')).toBe('data')
    expect(fetched).toEqual([workingDir])
  })

  it('npm packages come into node_modules under their names, other archives over the directory', async () => {
    const workingDir = folder({ 'a.txt': 'a', 'b.txt': 'b' })
    const uris = [
      archive(
        tgzOf([
          { path: 'package/package.json', content: '{"name":"@s/one","version":"1.0.0"}' },
          { path: 'package/index.js', content: '1' },
        ]),
        'tgz',
      ),
      archive(
        zipOf([{ path: 'package.json', content: '{"name":"two","version":"1.0.0"}' }, { path: 'lib/x.js' }]),
      ),
      archive(zipOf([{ path: 'b.txt', content: 'new' }, { path: 'c/d.txt' }])),
      archive(zipOf([{ path: 'package.json', content: '{"private":true}' }])),
    ]
    const { context } = await manager().acquire(envOf({ workingDir, uris }))
    expect(tree(context.cwd)).toEqual(['a.txt', 'b.txt', 'c/d.txt', 'package.json'])
    expect(readFileSync(join(context.cwd, 'b.txt'), 'utf8')).toBe('new')
    expect(tree(join(context.cwd, '..', 'node_modules'))).toEqual([
      '@s/one/index.js',
      '@s/one/package.json',
      'two/lib/x.js',
      'two/package.json',
    ])
  })

  it('a package can not take a place that is none of a package', async () => {
    const evil = archive(
      zipOf([{ path: 'package.json', content: '{"name":"../../evil","version":"1.0.0"}' }]),
    )
    const error = await failureOf(manager().acquire(envOf({ uris: [evil] })))
    expect(error.message).toContain('uris: ')
    expect(error.message).toContain('"../../evil"')
  })

  it('archives come from files of the worker, too, and from the web', async () => {
    workspace.write({ 'plain.zip': zipOf([{ path: 'from-file' }]) })
    let tries = 0
    const server = createServer((request, response) => {
      if (request.url === '/missing.zip') return void response.writeHead(404).end()
      if (request.url === '/busy.zip' && tries++ === 0) return void response.writeHead(503).end()
      response.end(zipOf([{ path: `from-web${request.url}` }]))
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    try {
      const made = manager()
      const file = pathToFileURL(workspace.path('plain.zip')).href
      const { context } = await made.acquire(envOf({ uris: [file, `${host}/a.zip`, `${host}/busy.zip`] }))
      expect(tree(context.cwd)).toEqual(['from-file', 'from-web/a.zip', 'from-web/busy.zip'])
      expect((await failureOf(made.acquire(envOf({ uris: [`${host}/missing.zip`] })))).message).toContain(
        'the server answered 404',
      )
      const missing = await failureOf(made.acquire(envOf({ workingDir: `${file}.not` })))
      expect(missing.message).toContain('there is no such file on this worker')
    } finally {
      server.closeAllConnections()
      server.close()
    }
    expect((await failureOf(manager().acquire(envOf({ uris: [`${host}/gone.zip`] })))).message).toContain(
      'can not be reached: ECONNREFUSED',
    )
  })

  it('a hostile archive makes no environment, and leaves nothing', async () => {
    const made = manager()
    const workingDir = archive(zipOf([{ path: 'fine' }, { path: '../../evil' }]))
    const error = await failureOf(made.acquire(envOf({ workingDir })))
    expect(error.message).toContain(
      `workingDir: the archive ${workingDir}: the entry "../../evil" leaves the folder`,
    )
    expect(tree(made.cacheDir)).toEqual([])
  })

  it('a package that is not what its name says is refused, and fetched anew at the next try', async () => {
    const workingDir = folder({ 'data.txt': 'data' })
    const right = packages.get(workingDir)!
    const made = manager()
    packages.set(workingDir, zipOf([{ path: 'data.txt', content: 'other' }]))
    expect((await failureOf(made.acquire(envOf({ workingDir })))).message).toContain('is damaged')
    packages.set(workingDir, right)
    const { context } = await made.acquire(envOf({ workingDir }))
    expect(readFileSync(join(context.cwd, 'data.txt'), 'utf8')).toBe('data')
    const tgz = archive(tgzOf([{ path: 'a' }]), 'tgz')
    packages.set(tgz, tgzOf([{ path: 'b' }]))
    expect((await failureOf(made.acquire(envOf({ uris: [tgz] })))).message).toContain('is damaged')
  })
})

describe('envVars and nodeVersion', () => {
  it('variables are the process’s', async () => {
    const { context } = await manager().acquire(envOf({ envVars: { A: '1', B: '' } }))
    expect(context).toMatchObject({ cwd: process.cwd(), env: { A: '1', B: '' } })
  })

  it('a variable that no system takes is refused', async () => {
    const error = await failureOf(manager().acquire(envOf({ envVars: { 'A=B': '1' } })))
    expect(error.message).toContain('envVars')
  })

  it('the worker’s Node.js has to be in the range', async () => {
    await manager().acquire(envOf({ nodeVersion: '>=20' }))
    const error = await failureOf(manager().acquire(envOf({ nodeVersion: '<20' })))
    expect(error.message).toContain(`nodeVersion: this worker has Node.js ${process.version}`)
    expect(error.message).toContain('<20')
  })

  it('is checked before anything is fetched', async () => {
    await failureOf(manager().acquire(envOf({ nodeVersion: '<20', workingDir: folder({ a: '' }) })))
    expect(fetched).toEqual([])
  })
})

describe('the manager', () => {
  it('gives a ready environment without a look at the disk', async () => {
    const made = manager({ linger: 60_000 })
    const env = envOf({ workingDir: folder({ a: '' }) })
    const first = await made.acquire(env)
    rmSync(made.cacheDir, { recursive: true })
    const second = await made.acquire(env)
    expect(second.context).toBe(first.context)
    expect(made.describe()).toMatchObject([{ key: env.key, state: 'ready', uses: 2 }])
    first.release()
    first.release()
    expect(made.describe()).toMatchObject([{ uses: 1 }])
    second.release()
    // It is kept at hand for a while.
    expect((await made.acquire(env)).context).toBe(first.context)
  })

  it('finds in the cache folder what was made before', async () => {
    const env = envOf({ workingDir: folder({ a: '' }) })
    const first = manager()
    const { context } = await first.acquire(env)
    await first.close()
    const second = manager({ cacheDir: first.cacheDir })
    expect((await second.acquire(env)).context.cwd).toBe(context.cwd)
    expect(fetched).toHaveLength(1)
  })

  /** As if the machine had been started anew since, with what `change` makes of a note. */
  const restart = (cacheDir: string, change = (note: string) => note) => {
    const meta = join(cacheDir, 'meta')
    for (const file of readdirSync(meta)) {
      const note = JSON.parse(readFileSync(join(meta, file), 'utf8')) as { boot: string }
      expect(note.boot).toMatch(/^[0-9a-f]{8}$/)
      writeFileSync(join(meta, file), change(JSON.stringify({ ...note, boot: 'before' })))
    }
  }

  it('uses nothing that lost something when the machine went down: it is made anew, and the rest stays', async () => {
    const whole = envOf({ workingDir: folder({ a: 'whole' }) })
    const half = envOf({ workingDir: folder({ b: 'half', c: 'x'.repeat(9000) }) })
    const unnoted = envOf({ workingDir: folder({ d: 'unnoted' }) })
    const first = manager()
    const contexts = []
    for (const env of [whole, half, unnoted]) contexts.push((await first.acquire(env)).context)
    await first.close()
    writeFileSync(join(contexts[0]!.cwd, 'a'), 'WHOLE')
    restart(first.cacheDir, (note) => (note.includes(unnoted.key) ? '' : note))
    writeFileSync(join(contexts[1]!.cwd, 'c'), '')
    fetched.length = 0
    const second = manager({ cacheDir: first.cacheDir })
    const read = async (env: typeof whole, file: string) =>
      readFileSync(join((await second.acquire(env)).context.cwd, file), 'utf8')
    expect(await read(whole, 'a')).toBe('WHOLE')
    expect(await read(half, 'c')).toBe('x'.repeat(9000))
    expect(await read(unnoted, 'd')).toBe('unnoted')
    // Their archives were whole.
    expect(fetched).toEqual([])
  })

  it('makes anew what somebody has removed by hand', async () => {
    const env = envOf({ workingDir: folder({ a: '' }) })
    const first = manager()
    await first.acquire(env)
    await first.close()
    rmSync(join(first.cacheDir, 'envs'), { recursive: true })
    rmSync(join(first.cacheDir, 'meta'), { recursive: true })
    const second = manager({ cacheDir: first.cacheDir })
    const { context } = await second.acquire(env)
    expect(tree(context.cwd)).toEqual(['a'])
    // All of it, under one that goes on.
    rmSync(first.cacheDir, { recursive: true })
    const other = await second.acquire(envOf({ workingDir: folder({ b: '' }) }))
    expect(tree(other.context.cwd)).toEqual(['b'])
  })

  it('ends a set-up whose time is over, whether or not it notices', async () => {
    const made = openEnvManager({
      cacheDir: workspace.path(`cache-${count++}`),
      packages: { fetch: () => new Promise(() => {}) },
    })
    managers.push(made)
    const error = await failureOf(made.acquire(envOf({ workingDir: archive(zipOf([])) }, 200)))
    expect(error.message).toMatch(/took longer than 0.2 s \(config.setupTimeout\)/)
    expect(made.describe()).toMatchObject([{ state: 'failed', uses: 0, failure: error.message }])
  })

  it('has given back what was released when it is closed, and warns of nothing', async () => {
    const warnings: Error[] = []
    const warned = (warning: Error) => void warnings.push(warning)
    process.on('warning', warned)
    const made = manager()
    const lease = await made.acquire(envOf({ workingDir: folder({ a: '' }) }))
    writeFileSync(join(lease.context.cwd, 'large'), Buffer.alloc(100_000))
    lease.release()
    await made.close()
    const meta = join(made.cacheDir, 'meta')
    const sizes = readdirSync(meta).map((file) => JSON.parse(readFileSync(join(meta, file), 'utf8')).size)
    expect(Math.max(...sizes)).toBeGreaterThan(100_000)
    expect(readdirSync(join(made.cacheDir, 'uses'))).toEqual([])
    rmSync(made.cacheDir, { recursive: true })
    await new Promise((resolve) => setTimeout(resolve, 20))
    process.off('warning', warned)
    expect(warnings).toEqual([])
  })

  it('ends set-ups when it is closed', async () => {
    const made = openEnvManager({
      cacheDir: workspace.path(`cache-${count++}`),
      packages: { fetch: () => new Promise(() => {}) },
    })
    const acquired = failureOf(made.acquire(envOf({ workingDir: archive(zipOf([])) })))
    await new Promise((resolve) => setTimeout(resolve, 50))
    await made.close()
    expect((await acquired).message).toContain('the worker is shutting down')
    await expect(made.acquire(envOf({ envVars: { A: '1' } }))).rejects.toThrow('shutting down')
  })

  it('says which environment is larger than the cache may be', async () => {
    const made = manager({ maxBytes: 100_000 })
    const large = folder({ large: 'x'.repeat(150_000) })
    const error = await failureOf(made.acquire(envOf({ workingDir: large })))
    expect(error.message).toMatch(/more than 97.7 KiB, which is the limit/)
    const several = folder({ a: 'x'.repeat(60_000), b: 'y'.repeat(38_000) })
    const other = await failureOf(made.acquire(envOf({ workingDir: several })))
    expect(other.message).toMatch(/takes .* and the cache .* may hold 97.7 KiB/)
    expect(readdirSync(join(made.cacheDir, 'tmp'))).toEqual([])
    const { context } = await made.acquire(envOf({ workingDir: folder({ small: 'x' }) }))
    expect(tree(context.cwd)).toEqual(['small'])
  })

  it('keeps within its size, but for what is in use', async () => {
    const made = manager({ maxBytes: 150_000 })
    const envs = [1, 2, 3, 4, 5].map((i) => envOf({ workingDir: folder({ f: `${i}`.repeat(50_000) }) }))
    const leases = []
    for (const env of envs) leases.push(await made.acquire(env))
    for (const { context } of leases) expect(existsSync(context.cwd)).toBe(true)
    for (const lease of leases) lease.release()
    await new Promise((resolve) => setTimeout(resolve, 200))
    await made.acquire(envOf({ workingDir: folder({ f: 'z'.repeat(50_000) }) }))
    await expect.poll(() => readdirSync(join(made.cacheDir, 'envs')).length).toBeLessThanOrEqual(3)
  })

  it('makes room where the disk is full, and says so where there is none', async () => {
    let isFull = false
    const cacheDir = workspace.path(`cache-${count++}`)
    const made = openEnvManager({
      cacheDir,
      linger: 0,
      packages: {
        async fetch(uri, toFile) {
          // As a disk does: full until something is removed.
          if (isFull && existsSync(join(cacheDir, 'envs')) && readdirSync(join(cacheDir, 'envs')).length > 0)
            throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
          await source.fetch(uri, toFile)
        },
      },
    })
    managers.push(made)
    const old = await made.acquire(envOf({ workingDir: folder({ a: '1' }) }))
    isFull = true
    const fresh = envOf({ workingDir: folder({ b: '2' }) })
    const error = await failureOf(made.acquire(fresh))
    expect(error.message).toMatch(/the disk of the cache .* is full/)
    old.release()
    await new Promise((resolve) => setTimeout(resolve, 500))
    await made.acquire(fresh)
    expect(existsSync(old.context.cwd)).toBe(false)
  })
})

describe('container', () => {
  const path = process.env.PATH
  afterEach(() => {
    process.env.PATH = path
  })
  const fields = (more: object = {}): ResolvedFields => ({
    container: { image: 'node:22', runOptions: ['--gpus', 'all'], engine: null, ...more },
    envVars: { SECRET: 'hidden' },
  })
  const install = (name: string) => {
    const bin = workspace.path(`bin-${count++}`)
    mkdirSync(bin)
    writeFileSync(join(bin, name), '#!/bin/sh\necho v22.1.0\n')
    chmodSync(join(bin, name), 0o755)
    return bin
  }

  it('is put in front of the command, with folders and variables handed on', async () => {
    const bin = install('docker')
    process.env.PATH = bin
    const made = manager()
    const workingDir = folder({ a: '' })
    const { context } = await made.acquire(envOf({ ...fields(), workingDir }))
    const { prefix, execPath } = context
    expect(prefix.slice(0, 2)).toEqual([join(bin, 'docker'), 'run'])
    expect(prefix.slice(-3)).toEqual(['--gpus', 'all', 'node:22'])
    expect(execPath).toBe('node')
    expect(prefix).toContain(`${made.cacheDir}:${made.cacheDir}`)
    expect(prefix[prefix.indexOf('--workdir') + 1]).toBe(context.cwd)
    expect(prefix[prefix.indexOf('--env') + 1]).toBe('SECRET')
    expect(prefix.join(' ')).not.toContain('hidden')
  })

  it('takes podman where docker is not, or where it is asked for', async () => {
    const [docker, podman] = [install('docker'), install('podman')]
    process.env.PATH = podman
    expect((await manager().acquire(envOf(fields()))).context.prefix[0]).toBe(join(podman, 'podman'))
    process.env.PATH = `${docker}:${podman}`
    const { context } = await manager().acquire(envOf(fields({ engine: 'podman' })))
    expect(context.prefix[0]).toBe(join(podman, 'podman'))
  })

  it('says so where neither is installed', async () => {
    process.env.PATH = workspace.folder
    const error = await failureOf(manager().acquire(envOf(fields())))
    expect(error.message).toContain('container: neither docker nor podman is installed')
    const other = await failureOf(manager().acquire(envOf(fields({ engine: 'docker' }))))
    expect(other.message).toContain('container: docker is not installed')
  })

  it('has the Node.js that nodeVersion is about', async () => {
    process.env.PATH = `${install('docker')}:${path}`
    await manager().acquire(envOf({ ...fields(), nodeVersion: '22.1' }))
    const error = await failureOf(manager().acquire(envOf({ ...fields(), nodeVersion: '>=24' })))
    expect(error.message).toContain('the image node:22 has Node.js v22.1.0')
  })
})

it('a field that this version does not know is refused', async () => {
  const error = await failureOf(manager().acquire(envOf({ later: 1 } as ResolvedFields)))
  expect(error.message).toContain('does not know the field later')
})

it('the cache folder is the user’s alone', async () => {
  const made = manager()
  await made.acquire(envOf({ envVars: { A: '1' } }))
  expect(lstatSync(made.cacheDir).mode & 0o077).toBe(0)
})
