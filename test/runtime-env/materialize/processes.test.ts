// One cache folder and many processes: an environment is made once, what one uses no other removes, and what a killed
// process had begun is begun anew.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { ResolvedEnv } from '../../../runtime-env/types.ts'
import { zipOf } from '../../support/archives.ts'
import { EnvWorker, type EnvWorkerOptions, envOf, until } from '../../support/environments.ts'
import { createWorkspace } from '../../support/workspace.ts'

const workspace = createWorkspace()
const workers: EnvWorker[] = []
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.kill()))
})
afterAll(() => workspace.remove())

const packageBytes = zipOf([{ path: 'data.txt', content: 'data' }])
const packageName = `pkg_${createHash('sha256').update(packageBytes).digest('hex')}.zip`

/** Makes a file of so many bytes; tells in `log` when it begins, and waits while the file `hold` is there. */
workspace.write({
  'maker.mjs': `
    import { appendFileSync, existsSync, writeFileSync } from 'node:fs'
    import { join } from 'node:path'
    export default {
      name: 'maker',
      uris: ({ name }) => [name],
      async create(uri, { log, hold, size, fails }, env, { folder }) {
        writeFileSync(join(folder, 'half'), 'x')
        appendFileSync(log, 'begun ' + process.pid + '\\n')
        while (existsSync(hold)) await new Promise((resolve) => setTimeout(resolve, 10))
        if (existsSync(fails)) throw new Error('it was told to fail')
        writeFileSync(join(folder, 'whole'), Buffer.alloc(size, 'y'))
        appendFileSync(log, 'done ' + process.pid + '\\n')
      },
      modifyContext(context, value, [folder]) {
        context.env.MADE_IN = folder
      },
    }`,
  [`packages/${packageName}`]: packageBytes,
})

let count = 0
/** A cache folder of its own, and environments in it that the plugin makes. */
function setting(options: Partial<EnvWorkerOptions> = {}) {
  const base = workspace.path(`case-${count++}`)
  mkdirSync(base)
  const [cacheDir, log, hold, fails] = ['cache', 'log', 'hold', 'fails'].map((name) => join(base, name)) as [
    string,
    string,
    string,
    string,
  ]
  writeFileSync(log, '')
  return {
    cacheDir,
    hold,
    fails,
    env: (name: string, size = 10): ResolvedEnv =>
      envOf({ plugins: { maker: { name, log, hold, size, fails } } }),
    log: () => readFileSync(log, 'utf8').split('\n').filter(Boolean),
    async worker(more: Partial<EnvWorkerOptions> = {}): Promise<EnvWorker> {
      const worker = await EnvWorker.start({
        cacheDir,
        packages: workspace.path('packages'),
        plugins: [workspace.path('maker.mjs')],
        linger: 0,
        ...options,
        ...more,
      })
      workers.push(worker)
      return worker
    },
    made: () =>
      existsSync(join(cacheDir, 'plugin-maker')) ? readdirSync(join(cacheDir, 'plugin-maker')) : [],
    left: (folder: string) => readdirSync(join(cacheDir, folder)),
  }
}

describe('processes that share a cache folder', () => {
  it('make an environment once, however many ask at once', async () => {
    const at = setting()
    const all = await Promise.all(Array.from({ length: 5 }, () => at.worker()))
    const env = at.env('one')
    const acquired = await Promise.all(
      Array.from({ length: 50 }, (_, i) => all[i % all.length]!.acquire(env)),
    )
    expect(at.log().map((line) => line.split(' ')[0])).toEqual(['begun', 'done'])
    expect(new Set(acquired.map(({ context }) => context.env.MADE_IN)).size).toBe(1)
    for (const worker of all) expect(await worker.describe()).toMatchObject([{ state: 'ready', uses: 10 }])
  })

  it('make different environments at the same time', async () => {
    const at = setting()
    const [a, b] = await Promise.all([at.worker(), at.worker()])
    writeFileSync(at.hold, '')
    const both = [a.acquire(at.env('one')), b.acquire(at.env('two'))]
    await until(() => at.log().length === 2)
    expect(at.log().map((line) => line.split(' ')[0])).toEqual(['begun', 'begun'])
    workspace.remove(at.hold.slice(workspace.folder.length))
    await Promise.all(both)
  })

  it('begin anew what a process had begun that was killed, and use nothing of it', async () => {
    const at = setting()
    const first = await at.worker()
    writeFileSync(at.hold, '')
    void first.acquire(at.env('one')).catch(() => {})
    await until(() => at.log().length === 1)
    const second = await at.worker()
    const waiting = second.acquire(at.env('one'))
    await first.kill()
    await until(() => at.log().length === 2)
    workspace.remove(at.hold.slice(workspace.folder.length))
    const { context } = await waiting
    expect(readdirSync(context.env.MADE_IN!).sort()).toEqual(['half', 'whole'])
    expect(at.log()).toEqual([
      `begun ${first.process.pid}`,
      `begun ${second.process.pid}`,
      `done ${second.process.pid}`,
    ])
  })

  it('remove what killed processes have left behind', async () => {
    const at = setting()
    const first = await at.worker()
    writeFileSync(at.hold, '')
    void first.acquire(at.env('one')).catch(() => {})
    await until(() => at.log().length === 1)
    await first.kill()
    expect(at.left('tmp').length + at.left('locks').length).toBeGreaterThan(0)
    workspace.remove(at.hold.slice(workspace.folder.length))
    const second = await at.worker()
    await second.acquire(at.env('two'))
    expect(at.left('tmp')).toEqual([])
    await second.acquire(at.env('one'))
    expect(at.left('locks')).toEqual([])
  })

  it('survive kills at any moment', async () => {
    const at = setting()
    const env = envOf({
      workingDir: `cornichon://${packageName}`,
      plugins: at.env('one', 100_000).fields.plugins!,
    })
    for (let i = 0; i < 12; i++) {
      const worker = await at.worker()
      const acquired = worker.acquire(env).catch(() => {})
      await new Promise((resolve) => setTimeout(resolve, i * 2))
      await worker.kill()
      await acquired
      for (const made of at.made())
        expect(readdirSync(join(at.cacheDir, 'plugin-maker', made)).sort()).toEqual(['half', 'whole'])
    }
    const last = await at.worker()
    const { context } = await last.acquire(env)
    expect(readFileSync(join(context.cwd, 'data.txt'), 'utf8')).toBe('data')
    expect(at.left('tmp')).toEqual([])
    expect(at.left('locks')).toEqual([])
  })

  it('do not remove what another uses, and do when it has ended', async () => {
    const at = setting({ maxBytes: 100_000 })
    const [user, other] = await Promise.all([at.worker(), at.worker()])
    const { context } = await user.acquire(at.env('used', 30_000))
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      const { lease } = await other.acquire(at.env(name, 30_000))
      await other.release(lease)
    }
    expect(existsSync(join(context.env.MADE_IN!, 'whole'))).toBe(true)
    await until(() => at.made().length <= 2)
    await user.kill()
    for (const name of ['f', 'g']) await other.acquire(at.env(name, 30_000))
    expect(existsSync(context.env.MADE_IN!)).toBe(false)
  })

  it('remove the least recently used first', async () => {
    const at = setting({ maxBytes: 140_000 })
    const worker = await at.worker()
    const use = async (name: string) => {
      const { lease, context } = await worker.acquire(at.env(name, 30_000))
      await worker.release(lease)
      await until(async () => (await worker.describe()).every(({ uses }) => uses === 0))
      return context.env.MADE_IN!
    }
    const [a, b, c] = [await use('a'), await use('b'), await use('c')]
    await use('a')
    await use('d')
    expect([a, b, c].map((folder) => existsSync(folder))).toEqual([true, false, true])
  })

  it('try again what failed, and keep nothing of it', async () => {
    const at = setting()
    const [a, b] = await Promise.all([at.worker(), at.worker()])
    writeFileSync(at.fails, '')
    const env = at.env('one')
    for (const worker of [a, b]) {
      await expect(worker.acquire(env)).rejects.toMatchObject({
        name: 'RuntimeEnvSetupError',
        message: expect.stringContaining('plugins.maker: it was told to fail'),
      })
      expect(await worker.describe()).toMatchObject([{ state: 'failed', uses: 0 }])
    }
    expect([at.left('tmp'), at.left('locks'), at.left('uses'), at.made()]).toEqual([[], [], [], []])
    workspace.remove(at.fails.slice(workspace.folder.length))
    await a.acquire(env)
    expect(await a.describe()).toMatchObject([{ state: 'ready', uses: 1, failure: null }])
  })

  it('leave no claim behind when they close', async () => {
    const at = setting()
    const worker = await at.worker()
    await worker.acquire(at.env('one'))
    expect(at.left('uses').length).toBeGreaterThan(0)
    await worker.close()
    expect(at.left('uses')).toEqual([])
  })

  it('do not believe a claim of another machine that is long past', async () => {
    const at = setting()
    const worker = await at.worker()
    await worker.acquire(at.env('one'))
    const name = at.left('uses')[0]!.split('@')[0]!
    await worker.close()
    const lock = join(at.cacheDir, 'locks', `${name}@ffffffff.1.1.ffffffff@0`)
    writeFileSync(lock, '')
    const past = new Date(Date.now() - 3_600_000)
    utimesSync(lock, past, past)
    await (await at.worker()).acquire(at.env('one'))
    expect(existsSync(lock)).toBe(false)
  })
})
