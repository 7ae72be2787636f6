// Ctrl-C of the commands that wait, as a real process meets it: what becomes of the task, of the exit code, and of the fleet.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { childEnvironment } from '../../support/children.ts'
import { commandFile, cornichon } from '../../support/command.ts'
import { look, startWorker, type TestWorker } from '../../support/fleet.ts'
import { nodeBinary, root } from '../../support/paths.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'
import { createWorkspace } from '../../support/workspace.ts'

const workspace = createWorkspace()
let redis: TestRedis
let worker: TestWorker
let fleet: string[]
const json = (command: string, ...args: string[]) =>
  JSON.parse(cornichon(workspace.folder, command, '--json', ...fleet, ...args).stdout)

interface Waiting {
  readonly child: ChildProcess
  readonly text: { out: string; err: string }
  /** Exit code and signal. */
  readonly ended: Promise<readonly [code: number | null, signal: string | null]>
}

const children: ChildProcess[] = []

function start(command: string, ...args: string[]): Waiting {
  const child = spawn(nodeBinary, [commandFile, command, ...fleet, ...args], {
    cwd: workspace.folder,
    env: { ...childEnvironment(), NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  const text = { out: '', err: '' }
  child.stdout!.on('data', (piece: Buffer) => {
    text.out += piece
  })
  child.stderr!.on('data', (piece: Buffer) => {
    text.err += piece
  })
  return { child, text, ended: once(child, 'close') as Promise<[number | null, string | null]> }
}

async function keys(pattern: string): Promise<string[]> {
  const client = redis.connect()
  try {
    return await client.keys(`{cornichon-${redis.namespace}}:${pattern}`)
  } finally {
    client.disconnect()
  }
}
const drivers = async () => (await keys('lease:driver-*')).sort()
const isWaitedFor = (id: string) =>
  expect.poll(() => keys(`watch:${id}.0`), { timeout: 30_000 }).toHaveLength(1)
const stateOf = async (id: string): Promise<string | undefined> =>
  (await look(redis, (view) => view.tasks())).find((task) => task.id === id)?.state
const overview = () => look(redis, (view) => view.overview())
async function submitRunning(): Promise<string> {
  const { id } = json('submit', 'never.crn', '--name', 'endless')
  await expect.poll(() => stateOf(id), { timeout: 30_000 }).toBe('running')
  return id
}

beforeAll(async () => {
  redis = await startRedis()
  fleet = ['--address', redis.address, '--namespace', redis.namespace]
  worker = await startWorker(redis, '--num-cpus', '2', '--name', 'one')
  workspace.link('node_modules/cornichon', root)
  workspace.write({
    'jobs.mjs': `
      import { get, remote } from 'cornichon/executor'
      export const never = () => { console.log('begun'); return new Promise(() => {}) }
      const below = remote(() => new Promise(() => {}))
      export const parent = () => get(below.remote())`,
  })
  for (const name of ['never', 'parent'])
    expect(cornichon(workspace.folder, 'pack', `jobs.mjs#${name}`, '-o', `${name}.crn`).code).toBe(0)
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await worker.kill()
  await redis.stop()
  workspace.remove()
})

describe('Ctrl-C', () => {
  it('of result cancels the task that it waits for, and those that it started; words and exit code are those of run', async () => {
    const { id } = json('submit', 'parent.crn', '--name', 'outer')
    await expect.poll(overview, { timeout: 20_000 }).toMatchObject({ running: 2 })
    const result = start('result', id)
    await isWaitedFor(id)
    const begin = Date.now()
    result.child.kill('SIGINT')
    expect(await result.ended).toEqual([130, null])
    expect(Date.now() - begin).toBeLessThan(20_000)
    expect(result.text).toEqual({ out: '', err: expect.stringContaining(`task ${id} failed:`) })
    expect(result.text.err).toContain(`task outer (${id}) was cancelled, by Ctrl-C`)
    await expect.poll(overview, { timeout: 20_000 }).toMatchObject({ running: 0, waiting: 0 })
    const again = cornichon(workspace.folder, 'result', ...fleet, id)
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('was cancelled, by Ctrl-C') })
  })

  it('of result --no-cancel ends the waiting alone', async () => {
    const id = await submitRunning()
    const before = await drivers()
    const result = start('result', '--no-cancel', id)
    await isWaitedFor(id)
    result.child.kill('SIGINT')
    expect(await result.ended).toEqual([130, null])
    expect(result.text).toEqual({ out: '', err: expect.stringContaining(`task ${id} goes on`) })
    // It has left, and not just gone.
    expect(await drivers()).toEqual(before)
    expect(await stateOf(id)).toBe('running')
    expect(json('cancel', '--force', id)).toEqual({ cancelled: [id] })
  })

  it.each([
    { command: 'top', args: ['--interval', '60'] },
    { command: 'logs', args: ['--follow'] },
  ])('of $command ends it in order, at once', async ({ command, args }) => {
    const before = await drivers()
    const watched = start(command, ...args)
    await expect.poll(() => watched.text.out, { timeout: 30_000 }).not.toBe('')
    const begin = Date.now()
    watched.child.kill('SIGINT')
    expect(await watched.ended).toEqual([0, null])
    expect(Date.now() - begin).toBeLessThan(20_000)
    expect(watched.text.err).toBe('')
    expect(await drivers()).toEqual(before)
  })

  it('of worker lets what runs end; a second time it ends at once, and what ran goes to another', async () => {
    const own = { address: redis.address, namespace: `${redis.namespace}-worker` }
    const there = ['--address', own.address, '--namespace', own.namespace]
    const idle = await startWorker(own)
    idle.child.kill('SIGINT')
    expect(await once(idle.child, 'exit')).toEqual([0, null])
    const busy = await startWorker(own, '--recover-after', '1')
    const { stdout } = cornichon(workspace.folder, 'submit', ...there, 'never.crn')
    const running = () => look(own, (view) => view.overview())
    await expect.poll(running, { timeout: 30_000 }).toMatchObject({ running: 1 })
    busy.child.kill('SIGINT')
    await expect.poll(() => busy.output.join(''), { timeout: 10_000 }).toContain('stopping')
    const ended = once(busy.child, 'exit')
    busy.child.kill('SIGINT')
    expect(await ended).toEqual([1, null])
    const other = await startWorker(own, '--recover-after', '1')
    await expect.poll(running, { timeout: 30_000 }).toMatchObject({ running: 1 })
    cornichon(workspace.folder, 'cancel', ...there, '--force', stdout.trim())
    await other.kill()
  })

  it('of worker ends it some seconds after its grace if Redis is away', async () => {
    const own = await startRedis({ isDurable: true })
    const there = ['--address', own.address, '--namespace', own.namespace]
    const worker = await startWorker(own, '--grace', '0')
    cornichon(workspace.folder, 'submit', ...there, 'never.crn')
    const running = () => look(own, (view) => view.overview())
    await expect.poll(running, { timeout: 30_000 }).toMatchObject({ running: 1 })
    await own.crash!()
    const ended = once(worker.child, 'exit')
    worker.child.kill('SIGINT')
    expect(await ended).toEqual([1, null])
    expect(worker.output.join('')).toMatch(/ends without Redis, which is away: what it had goes to other/)
    await own.restart!()
    await own.stop()
  })

  it('a second time ends a command whose Redis does not answer; that it does is said', async () => {
    const id = await submitRunning()
    const commands = [
      ['result', id],
      ['run', 'never.crn'],
      ['logs', '--follow'],
      ['top', '--interval', '0.2'],
    ] as const
    const started = commands.map(([command, ...args]) => start(command, ...args))
    await isWaitedFor(id)
    for (const { text } of started.slice(1))
      await expect.poll(() => text.out, { timeout: 30_000 }).not.toBe('')
    const client = redis.connect()
    const server = Number(/process_id:(\d+)/.exec(await client.info('server'))![1])
    client.disconnect()
    // A server that others use, too, is not ours to hold up.
    if (redis.crash !== null) process.kill(server, 'SIGSTOP')
    for (const { child } of started) child.kill('SIGINT')
    if (redis.crash !== null)
      for (const { text } of started)
        await expect
          .poll(() => text.err, { timeout: 10_000 })
          .toMatch(/waits for Redis.*Ctrl-C again ends this command at once/)
    for (const { child } of started) child.kill('SIGINT')
    const begin = Date.now()
    for (const { ended } of started) {
      const [code, signal] = await ended
      expect(signal === 'SIGINT' || code === 130 || code === 0).toBe(true)
    }
    expect(Date.now() - begin).toBeLessThan(20_000)
    if (redis.crash !== null) process.kill(server, 'SIGCONT')
    // What `run` had started ends with it.
    await expect.poll(async () => (await overview()).running, { timeout: 40_000 }).toBeLessThanOrEqual(1)
    cornichon(workspace.folder, 'cancel', ...fleet, '--force', id)
  })
})
