// Environments on a fleet: what lies in Redis, workers in other folders, commands, and workers that die meanwhile.
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { cancel, get, init, RuntimeEnvSetupError, remote, shutdown } from 'cornichon/executor'
import {
  type RuntimeEnvFields,
  registerRuntimeEnvPlugin,
  unregisterRuntimeEnvPlugin,
} from 'cornichon/runtime-env'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { childEnvironment } from '../../support/children.ts'
import { cornichon, runNode } from '../../support/command.ts'
import { startWorker, type TestWorker } from '../../support/fleet.ts'
import { nodeBinary, root, tsxArguments } from '../../support/paths.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'
import { createWorkspace } from '../../support/workspace.ts'

const workspace = createWorkspace()
const plugin = join(root, 'examples', 'runtime-env', 'word-list.mjs')
const secret = 'a secret of 32 bytes for a fleet'
const keyFile = workspace.path('secret')
let redis: TestRedis
let workers: TestWorker[] = []

workspace.write({
  secret,
  'package.json': '{ "type": "module" }',
  'data/text.txt': 'a text',
  'greet.mjs': `import { readFileSync } from 'node:fs'
    export const greet = (name) => [name, readFileSync('text.txt', 'utf8'), process.env.E2E_NAME]`,
  'env.json': JSON.stringify({ workingDir: 'data', envVars: { E2E_NAME: 'from the file' } }),
  'wrong.json': JSON.stringify({ workingdir: 'data' }),
})
workspace.link('node_modules/cornichon', root)

beforeAll(async () => {
  redis = await startRedis()
})
afterEach(async () => {
  await shutdown()
  await Promise.all(workers.map((worker) => worker.kill()))
  workers = []
})
afterAll(async () => {
  await redis.stop()
  workspace.remove()
})

async function worker(cache: string, ...args: string[]): Promise<TestWorker> {
  const started = await startWorker(redis, '--num-cpus', '2', '--cache-dir', workspace.path(cache), ...args)
  workers.push(started)
  return started
}
const joinFleet = (more: object = {}) =>
  init({ address: redis.address, namespace: redis.namespace, logToDriver: false, ...more })
const fleet = () => ['--address', redis.address, '--namespace', redis.namespace]

describe('packages', () => {
  it('E4 are put into Redis once, however many drivers have them; a worker fetches them once', async () => {
    await worker('cache-once')
    const program = `
      import { init, remote, get, shutdown } from 'cornichon/executor'
      import { readFileSync } from 'node:fs'
      await init({ address: ${JSON.stringify(redis.address)}, namespace: ${JSON.stringify(redis.namespace)}, logToDriver: false })
      const read = remote(() => readFileSync('text.txt', 'utf8'), { runtimeEnv: { workingDir: 'data' } })
      console.log(new Set(await get(Array.from({ length: 10 }, () => read.remote()))))
      await shutdown()`
    workspace.write({ 'once.mjs': program })
    const run = () => once(workspace.folder, 'once.mjs')
    for (const { code, output } of await Promise.all([run(), run(), run()]))
      expect({ code, output }).toEqual({ code: 0, output: "Set(1) { 'a text' }\n" })
    const connection = redis.connect()
    const keys = (kind: string) => connection.keys(`{cornichon-${redis.namespace}}:${kind}:*`)
    const records = (await keys('pkg')).filter((key) => !key.endsWith(':claim'))
    expect(records.length).toBe(1)
    const parts = await keys('pkgpart')
    expect(parts.length).toBe(1)
    for (const key of [...records, ...parts]) expect(await connection.pttl(key)).toBeGreaterThan(0)
    expect(readdirSync(workspace.path('cache-once', 'envs')).length).toBe(1)
  })

  it('E4 larger ones go in parts; one that a Redis has lost since is sent again by who has it', async () => {
    await worker('cache-parts')
    await joinFleet()
    // What can't be compressed, of more than one part.
    const noise = randomBytes(9 * 2 ** 20)
    workspace.write({ 'noise/noise.bin': noise })
    const task = remote(() => createHash('sha256').update(readFileSync('noise.bin')).digest('hex'), {
      runtimeEnv: { workingDir: workspace.path('noise') },
    })
    const expected = createHash('sha256').update(noise).digest('hex')
    const connection = redis.connect()
    const parts = () => connection.keys(`{cornichon-${redis.namespace}}:pkgpart:*`)
    const before = new Set(await parts())
    expect(await get(task.remote())).toBe(expected)
    const own = (await parts()).filter((name) => !before.has(name))
    expect(own.length).toBe(2)
    await connection.del(own[1]!)
    rmSync(workspace.path('cache-parts', 'pkg'), { recursive: true })
    const again = task.options({ runtimeEnv: { workingDir: workspace.path('noise'), envVars: { A: '1' } } })
    expect(await get(again.remote())).toBe(expected)
  })

  it('X14 are signed where a fleet has keys: what another put there is refused before it is unpacked', async () => {
    await worker('cache-signed', '--key-file', keyFile)
    const connection = redis.connect()
    const key = new Uint8Array(Buffer.from(secret))
    await joinFleet({ sign: key })
    workspace.write({ 'signed/text.txt': 'signed' })
    const cwd = remote(() => process.cwd(), { runtimeEnv: { workingDir: workspace.path('signed') } })
    expect(await get(cwd.remote())).toContain('cache-signed')
    // Somebody changes a part of another package.
    workspace.write({ 'forged/text.txt': 'forged' })
    const forged = remote(() => process.cwd(), {
      runtimeEnv: { workingDir: workspace.path('forged') },
      numCpus: 3,
    })
    const before = new Set(await connection.keys(`{cornichon-${redis.namespace}}:pkgpart:*`))
    void forged.remote()
    let part: string | undefined
    while (part === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      part = (await connection.keys(`{cornichon-${redis.namespace}}:pkgpart:*`)).find(
        (name) => !before.has(name),
      )
    }
    await connection.set(part, 'something else', 'KEEPTTL')
    const error = await get(forged.options({ numCpus: 1 }).remote()).catch((thrown: Error) => thrown)
    expect((error as Error).name).toBe('RuntimeEnvSetupError')
    expect((error as Error).message).toMatch(/is not what was uploaded/)
  })
})

describe('a worker that is killed', () => {
  it('X12 while it makes an environment: another makes it, and nothing half-made is used', async () => {
    workspace.write({
      'slow/package.json': JSON.stringify({
        name: 'slow',
        version: '1.0.0',
        scripts: {
          install: `touch ${workspace.path('began')} && test -e ${workspace.path('go')} || sleep 600`,
        },
      }),
    })
    const first = await worker('cache-killed', '--recover-after', '1')
    await joinFleet()
    const task = remote(() => 'done', {
      runtimeEnv: { npm: { packages: [workspace.path('slow')], allowScripts: true } },
    })
    const result = get(task.remote())
    while (!existsSync(workspace.path('began'))) await new Promise((resolve) => setTimeout(resolve, 20))
    const list = (kind: string) =>
      JSON.parse(cornichon(workspace.folder, 'list', kind, '--json', ...fleet()).stdout)
    expect(list('tasks')).toContainEqual(expect.objectContaining({ state: 'preparing' }))
    expect(list('runtime-envs')).toEqual([
      expect.objectContaining({ state: 'creating', uses: 1, failure: null }),
    ])
    await first.kill()
    workspace.write({ go: '' })
    await worker('cache-killed', '--recover-after', '1')
    expect(await result).toBe('done')
  })

  it('leaves no process behind, not even one that never yields', async () => {
    const first = await worker('cache-orphans')
    await joinFleet()
    const pidFile = workspace.path('pid')
    const spins = remote(
      (file: string) => {
        writeFileSync(file, String(process.pid))
        for (;;);
      },
      { runtimeEnv: { envVars: { E2E_SPIN: '1' } } },
    )
    spins.remote(pidFile)
    while (!existsSync(pidFile)) await new Promise((resolve) => setTimeout(resolve, 20))
    const pid = Number(readFileSync(pidFile, 'utf8'))
    await first.kill()
    await untilGone(pid)
  })
})

describe('the command', () => {
  it('X15 submit and run take an environment from a file, list shows it', async () => {
    await worker('cache-command')
    expect(cornichon(workspace.folder, 'pack', 'greet.mjs#greet', '-o', 'greet.crn').code).toBe(0)
    const args = ['greet.crn', '--args', '["you"]', '--runtime-env', 'env.json', ...fleet()]
    const { code, stdout, stderr } = cornichon(workspace.folder, 'run', ...args, '--json')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).toEqual(['you', 'a text', 'from the file'])
    const submitted = cornichon(workspace.folder, 'submit', ...args)
    expect(submitted).toMatchObject({ code: 0, stderr: '' })
    const result = cornichon(workspace.folder, 'result', submitted.stdout.trim(), '--json', ...fleet())
    expect(JSON.parse(result.stdout)).toEqual(['you', 'a text', 'from the file'])
    const listed = cornichon(workspace.folder, 'list', 'runtime-envs', '--json', ...fleet())
    expect(JSON.parse(listed.stdout)).toEqual([
      expect.objectContaining({
        state: 'ready',
        failure: null,
        key: expect.stringMatching(/^[0-9a-f]{64}$/),
      }),
    ])
    const table = cornichon(workspace.folder, 'list', 'runtime-envs', ...fleet())
    expect(table.stdout).toMatch(/KEY\s+STATE\s+SIZE\s+USES\s+WORKER/)
  })

  it('E2 a wrong file is a mistake in its use, told with the field', async () => {
    cornichon(workspace.folder, 'pack', 'greet.mjs#greet', '-o', 'greet.crn')
    const run = (file: string) =>
      cornichon(workspace.folder, 'submit', 'greet.crn', '--runtime-env', file, ...fleet())
    const { code, stderr } = run('wrong.json')
    expect(code).toBe(2)
    expect(stderr).toMatch(/wrong\.json: .*workingdir.*Did you mean workingDir/)
    expect(run('none.json')).toMatchObject({ code: 2, stderr: expect.stringMatching(/none\.json/) })
    expect(cornichon(workspace.folder, 'run', 'greet.crn', '--runtime-env', 'env.json')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/--runtime-env goes with --address/),
    })
  })

  it('E7 list shows what failed, with the end of what its tools printed', async () => {
    await worker('cache-failed')
    await joinFleet()
    workspace.write({
      'bad/package.json':
        '{ "name": "bad", "version": "1.0.0", "scripts": { "install": "echo no luck today; exit 3" } }',
    })
    const task = remote(() => 1, {
      runtimeEnv: { npm: { packages: [workspace.path('bad')], allowScripts: true } },
    })
    await expect(get(task.remote())).rejects.toThrow(/no luck today/)
    const { stdout } = cornichon(workspace.folder, 'list', 'runtime-envs', ...fleet())
    expect(stdout).toMatch(/failed/)
    expect(stdout).toMatch(/no luck today/)
  })

  it('E8 worker --plugin: a plugin makes something once, and changes how processes are started', async () => {
    await worker('cache-plugin', '--plugin', plugin)
    registerRuntimeEnvPlugin(plugin)
    try {
      await joinFleet()
      const read = remote((): string => process.env.WORD_LIST!, {
        runtimeEnv: { plugins: { wordList: ['pear', 'apple'] } },
      })
      expect(readFileSync(await get(read.remote()), 'utf8')).toBe('apple\npear')
      expect(() => read.options({ runtimeEnv: { plugins: { wordList: [] } } }).remote()).toThrow(/wordList/)
    } finally {
      unregisterRuntimeEnvPlugin('wordList')
    }
    const none = cornichon(workspace.folder, 'worker', '--plugin', './none.mjs', ...fleet())
    expect(none).toMatchObject({ code: 2, stderr: expect.stringMatching(/none\.mjs/) })
  })
})

describe('E1 container', () => {
  /** In a fleet of their own: what workers say that were killed counts for a while. */
  async function withPath(path: string, namespace: string): Promise<void> {
    const before = process.env.PATH
    process.env.PATH = path
    try {
      workers.push(await startWorker({ ...redis, namespace }, '--cache-dir', workspace.path(namespace)))
    } finally {
      process.env.PATH = before
    }
    await joinFleet({ namespace })
  }

  it('is refused where it is asked for, if no worker has an engine; so is a version of Node.js that none has', async () => {
    await withPath(workspace.path('data'), `${redis.namespace}-bare`)
    const refused = (runtimeEnv: RuntimeEnvFields) => {
      try {
        return remote(() => 1, { runtimeEnv }).remote()
      } catch (error) {
        return error
      }
    }
    const noEngine = refused({ container: { image: 'node:20' } })
    expect(noEngine).toBeInstanceOf(RuntimeEnvSetupError)
    expect(String(noEngine)).toMatch(/needs docker or podman, which no worker has/)
    const noNode = refused({ nodeVersion: '>=999' })
    expect(noNode).toBeInstanceOf(RuntimeEnvSetupError)
    expect(String(noNode)).toMatch(/needs Node.js >=999.0.0, and the workers have .* Start one with such/)
  })

  it('the process is started through the command line of the engine, and ends with its worker', async () => {
    workspace.write({
      'engine/docker': `#!/bin/sh
        echo "$@" >> ${workspace.path('docker.log')}
        case "$*" in *no-image*) echo 'Unable to find image' >&2; exit 125 ;; esac
        while [ $# -gt 0 ]; do
          case "$1" in
            --workdir) cd "$2"; shift 2 ;;
            # As an engine's: not a child of this command, so that no signal to it reaches it.
            an-image) shift; exec 7<&0; setsid "$@" <&7 7<&- & exec 7<&-; wait $!; exit $? ;;
            *) shift ;;
          esac
        done`,
    })
    chmodSync(workspace.path('engine', 'docker'), 0o755)
    const path = [workspace.path('engine'), dirname(nodeBinary), '/usr/bin', '/bin'].join(delimiter)
    await withPath(path, `${redis.namespace}-engine`)
    const task = remote(
      () => {
        console.log('this is not a message')
        return [process.env.E2E_INSIDE, readFileSync('text.txt', 'utf8'), String(process.pid)]
      },
      {
        runtimeEnv: {
          container: { image: 'an-image', runOptions: ['--memory=1g'] },
          workingDir: workspace.path('data'),
          envVars: { E2E_INSIDE: 'yes' },
        },
      },
    )
    const [inside, text, pid] = await get(task.remote())
    expect([inside, text]).toEqual(['yes', 'a text'])
    expect(readFileSync(workspace.path('docker.log'), 'utf8')).toMatch(/--memory=1g an-image sh -c/)
    const bad = task.options({ runtimeEnv: { container: { image: 'no-image' } } })
    const error = await get(bad.remote()).catch((thrown: Error) => thrown)
    expect(error).toMatchObject({ name: 'RuntimeEnvSetupError', output: 'Unable to find image' })
    const where = ['--address', redis.address, '--namespace', `${redis.namespace}-engine`]
    const { stdout } = cornichon(workspace.folder, 'list', 'runtime-envs', '--json', ...where)
    expect(
      JSON.parse(stdout)
        .map(({ state }: { state: string }) => state)
        .sort(),
    ).toEqual(['failed', 'ready'])
    await workers.at(-1)!.stop()
    await untilGone(Number(pid))
  })

  it('X12 a process in one that never yields ends all the same: when it is cancelled, and when its worker is killed', async () => {
    const path = [workspace.path('engine'), dirname(nodeBinary), '/usr/bin', '/bin'].join(delimiter)
    await withPath(path, `${redis.namespace}-spin`)
    const spins = remote(
      (file: string) => {
        writeFileSync(file, String(process.pid))
        for (;;);
      },
      { runtimeEnv: { container: { image: 'an-image' } } },
    )
    const started = async (name: string) => {
      const file = workspace.path(name)
      const ref = spins.remote(file)
      while (!existsSync(file) || readFileSync(file, 'utf8') === '')
        await new Promise((resolve) => setTimeout(resolve, 20))
      return { ref, pid: Number(readFileSync(file, 'utf8')) }
    }
    const cancelled = await started('contained-1')
    cancel(cancelled.ref, { force: true })
    await untilGone(cancelled.pid)
    const orphan = await started('contained-2')
    await workers.at(-1)!.kill()
    await untilGone(orphan.pid)
  })
})

describe("Node's permission model", () => {
  it('X14 holds for the processes of environments, which may read their own files; without child-process there are none', async () => {
    workspace.write({ 'permitted/file': '' })
    const cache = workspace.path('permitted', 'cache')
    const grants = ['fs-read', 'fs-write'].map((name) => `${name}=${workspace.path('permitted')}/`)
    const namespace = `${redis.namespace}-permission`
    const start = async (name: string, ...more: string[]) => {
      const flags = ['--cache-dir', cache, '--permission', ...grants, ...more]
      workers.push(await startWorker({ ...redis, namespace: name }, ...flags))
    }
    const text = remote((file: string) => readFileSync(file, 'utf8'), {
      runtimeEnv: { workingDir: workspace.path('data') },
    })
    await start(namespace, 'child-process')
    await joinFleet({ namespace })
    expect(await get(text.remote('text.txt'))).toBe('a text')
    await expect(get(text.remote(keyFile))).rejects.toThrow(/restricted/)
    await shutdown()
    await start(`${namespace}-2`)
    await joinFleet({ namespace: `${namespace}-2` })
    const error = await get(text.remote('text.txt')).catch((thrown: Error) => thrown)
    expect((error as Error).name).toBe('RuntimeEnvSetupError')
    expect((error as Error).message).toMatch(/could not be started: .*restricted/)
  })
})

describe('E5 npm: auto', () => {
  it('a worker in an empty folder has the package, the file and the variable of a closure', () => {
    const { code, stdout, stderr } = runNode(
      root,
      ...tsxArguments,
      join(root, 'examples', 'runtime-env', 'receipt.ts'),
      redis.address,
      redis.namespace,
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toBe(
      'bread 2.80 EUR\ncheese 4.10 EUR\napple 0.35 EUR\n7.25 EUR in all, says a closure where the files are prices.json\n',
    )
  })
})

async function untilGone(pid: number): Promise<void> {
  const isAlive = () => {
    try {
      process.kill(pid, 0)
      // A zombie that nobody has asked for yet is dead, too.
      return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
    } catch {
      return false
    }
  }
  for (const end = Date.now() + 30_000; isAlive() && Date.now() < end; )
    await new Promise((resolve) => setTimeout(resolve, 50))
  expect(isAlive()).toBe(false)
}

/** Beside others, where runNode waits. */
function once(folder: string, file: string): Promise<{ code: number | null; output: string }> {
  const child: ChildProcess = spawn(nodeBinary, [file], {
    cwd: folder,
    env: { ...childEnvironment(), NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (text: Buffer) => {
      output += text.toString()
    })
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })))
}
