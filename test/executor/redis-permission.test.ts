// Workers under Node's permission model: tasks have what was granted, and no more.
import { execSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { get, init, remote, shutdown } from 'cornichon/executor'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SAME } from '../../executor/cli/permission.ts'
import { cornichon } from '../support/command.ts'
import { look, startWorker, type TestWorker } from '../support/fleet.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { createWorkspace } from '../support/workspace.ts'

const workspace = createWorkspace()
afterAll(() => workspace.remove())

describe('cornichon worker --permission', () => {
  let redis: TestRedis
  let worker: TestWorker
  beforeAll(async () => {
    workspace.write({ 'granted/text': 'granted', 'secret/text': 'secret' })
    redis = await startRedis()
    worker = await startWorker(redis, '--permission', `fs-read=${workspace.path('granted')}/`)
    await init({ address: redis.address, namespace: redis.namespace, logToDriver: false })
  })
  afterAll(async () => {
    await shutdown()
    await worker.stop()
    await redis.stop()
  })

  it('X14 runs tasks, which read what was granted', async () => {
    const read = remote((file: string) => readFileSync(file, 'utf8'))
    expect(await get(read.remote(workspace.path('granted', 'text')))).toBe('granted')
    await expect(get(read.remote(workspace.path('secret', 'text')))).rejects.toThrow(/restricted/)
  })

  it('X14 keeps tasks from writing files and starting processes', async () => {
    const write = remote((file: string) => writeFileSync(file, 'was here'))
    await expect(get(write.remote(workspace.path('granted', 'new')))).rejects.toThrow(/restricted/)
    const start = remote(() => execSync('true'))
    await expect(get(start.remote())).rejects.toThrow(/restricted/)
  })

  it('X14 says that the file of its key needs a grant', () => {
    const args = [
      'worker',
      '--address',
      redis.address,
      '--permission',
      '--key-file',
      workspace.path('secret', 'text'),
    ]
    const { code, stderr } = cornichon(workspace.folder, ...args)
    expect(code).toBe(2)
    expect(stderr).toMatch(/can't read the key .*: it is not among the grants of --permission: fs-read=FILE/)
    args[args.length - 2] = '--tls-ca'
    args[2] = 'rediss://127.0.0.1:1'
    expect(cornichon(workspace.folder, ...args).stderr).toMatch(
      /--tls-ca.*to --permission the grant fs-read for it/,
    )
  })

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'X14 ends in order at one %s to the process that was started, or to both',
    async (signal) => {
      const own = { address: redis.address, namespace: `${redis.namespace}-${signal}` }
      const idle = await startWorker(own, '--permission')
      idle.child.kill(signal)
      expect(await once(idle.child, 'exit')).toEqual([0, null])
      const both = await startWorker(own, '--permission')
      process.kill(pidOf(both), signal)
      both.child.kill(signal)
      expect(await once(both.child, 'exit')).toEqual([0, null])
    },
  )

  it('X14 is in a process group of its own: Ctrl-C in a terminal comes once', () => {
    const group = (pid: number) => execSync(`ps -o pgid= -p ${pid}`, { encoding: 'utf8' }).trim()
    expect(group(pidOf(worker))).toBe(`${pidOf(worker)}`)
    expect(group(worker.child.pid!)).not.toBe(`${pidOf(worker)}`)
  })

  it('X14 a second SIGINT ends it at once', async () => {
    const own = { address: redis.address, namespace: `${redis.namespace}-twice` }
    const busy = await startWorker(own, '--permission')
    await shutdown()
    await init({ ...own, logToDriver: false })
    const never = remote(() => new Promise(() => {})).remote()
    await expect
      .poll(() => look(own, (view) => view.overview()), { timeout: 30_000 })
      .toMatchObject({
        running: 1,
      })
    busy.child.kill('SIGINT')
    await expect.poll(() => busy.output.join(''), { timeout: 10_000 }).toContain('stopping')
    await new Promise((resolve) => setTimeout(resolve, SAME))
    busy.child.kill('SIGINT')
    expect(await once(busy.child, 'exit')).toEqual([1, null])
    await shutdown()
    await expect(get(never)).rejects.toThrow(/shut down/)
  })

  it('ends when the process is killed that started it', async () => {
    const pid = pidOf(worker)
    expect(pid).not.toBe(worker.child.pid)
    await worker.kill()
    await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false)
  })
})

/** Of the process under the permission model. */
function pidOf({ output }: TestWorker): number {
  return (JSON.parse(output.find((line) => line.includes('"ready"'))!) as { pid: number }).pid
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

it('a grant that there is not, or that lacks its path, is a mistake of usage', () => {
  const refused = (grant: string) => {
    const { code, stderr } = cornichon(workspace.folder, 'worker', '--permission', grant)
    expect(code).toBe(2)
    return stderr.trim()
  }
  expect(refused('fs-raed=/')).toBe('cornichon: --permission knows no fs-raed. Did you mean fs-read?')
  expect(refused('fs-read')).toBe('cornichon: --permission fs-read needs a path: fs-read=/folder')
  expect(refused('addons=yes')).toBe('cornichon: --permission addons takes no value')
})
