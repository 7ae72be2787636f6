// The commands about a fleet, over a real Redis and a worker process.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatJob, JobLine } from '../../../executor/cli/job-line.ts'
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
const run = (command: string, ...args: string[]) => cornichon(workspace.folder, command, ...fleet, ...args)
const json = (command: string, ...args: string[]) => JSON.parse(run(command, '--json', ...args).stdout)
const overview = () => look(redis, (view) => view.overview())

beforeAll(async () => {
  redis = await startRedis()
  fleet = ['--address', redis.address, '--namespace', redis.namespace]
  worker = await startWorker(redis, '--num-cpus', '2', '--name', 'one')
  workspace.link('node_modules/cornichon', root)
  workspace.write({
    'jobs.mjs': `
      export const greet = (name, times) => { console.log('greeting ' + name); return { text: ('hello ' + name + ' ').repeat(times).trim() } }
      export const fail = () => { throw new RangeError('not today') }
      import { get, remote } from 'cornichon/executor'
      const below = remote(async (depth) => {
        if (depth === 0) return 0
        const both = await get([below.remote(depth - 1), below.remote(depth - 1)])
        return 2 + both[0] + both[1]
      }, { numCpus: 0 })
      export const tree = (depth) => get(below.remote(depth))
      export const big = () => 12n
      export const five = 5
      export class Thing {}
      export const never = () => new Promise(() => {})
      export const fire = () => [remote(never, { numCpus: 0 }).remote()].length`,
  })
  for (const name of ['tree', 'greet', 'fail', 'never', 'big', 'five', 'Thing', 'fire'])
    expect(cornichon(workspace.folder, 'pack', `jobs.mjs#${name}`, '-o', `${name}.crn`).code).toBe(0)
})
afterAll(async () => {
  await worker.kill()
  await redis.stop()
  workspace.remove()
})

describe('cornichon, with a fleet', () => {
  it('X15 run --address runs a bundle there, prints its output and its result', () => {
    const { code, stdout } = run('run', 'greet.crn', '--args', '["peter", 2]')
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^\(greet.crn one\/thread-\d+\) greeting peter\n\{ text: 'hello peter hello peter' \}\n$/,
    )
  })

  it('X15 with --json, nothing but the result is on stdout; what JSON has no form for is told', () => {
    const { stdout, stderr } = run('run', 'greet.crn', '--args', '["peter", 2]', '--json')
    expect(JSON.parse(stdout)).toEqual({ text: 'hello peter hello peter' })
    expect(stderr).toContain('greeting peter')
    expect(run('run', 'big.crn', '--json')).toMatchObject({ code: 1, stdout: '' })
    const message = 'the result can not be written as JSON: Do not know how to serialize a BigInt'
    expect(JSON.parse(run('run', 'big.crn', '--json').stderr)).toMatchObject({ error: { message } })
  })

  it('X15 with --json, what went wrong is JSON, too: the last line of stderr', () => {
    const errorOf = (...args: string[]) => {
      const { code, stdout, stderr } = cornichon(workspace.folder, ...args, '--json')
      return { code, stdout, ...JSON.parse(stderr.trimEnd().split('\n').at(-1)!) }
    }
    const usage = (message: RegExp | string) =>
      ({ code: 2, error: { name: 'UsageError', message: expect.stringMatching(message) } }) as object
    const thrown = { name: 'RangeError', message: 'not today', stack: expect.stringContaining('at fail') }
    expect(errorOf('run', 'fail.crn')).toEqual({
      ...{ code: 1, stdout: '' },
      error: { name: 'ProgramError', message: 'fail.crn threw: not today', cause: thrown },
    })
    expect(errorOf('run', 'fail.crn', ...fleet)).toMatchObject({
      ...{ code: 1, stdout: '' },
      error: {
        name: 'ProgramError',
        message: expect.stringMatching(/^task t-.* failed: not today$/),
        cause: { cause: thrown },
      },
    })
    expect(errorOf('pack', 'jobs.mjs#nope', '-o', 'x.crn')).toMatchObject(usage(/no export nope/))
    expect(errorOf('inspect', 'jobs.mjs')).toMatchObject(usage(/no bundle.*cornichon pack jobs\.mjs/))
    expect(errorOf('status', '--nonsense')).toMatchObject(usage(/^unknown option '--nonsense'/))
    for (const command of [
      'status',
      'worker',
      'list workers',
      'logs',
      'top',
      'cancel x',
      'result x',
      'submit five.crn',
    ])
      expect(errorOf(...command.split(' '), '--address', 'redis://127.0.0.1:1'), command).toMatchObject(
        usage(/^can't use Redis at redis:/),
      )
    expect(errorOf('result', 't-none-1', ...fleet)).toMatchObject(usage(/there is no task t-none-1/))
    expect(errorOf('cancel', 't-none-1', ...fleet)).toMatchObject({
      stdout: '{"cancelled":[]}\n',
      ...usage(/no task/),
    })
    workspace.write({ 'refused.mjs': `import net from 'node:net'; export const socket = new net.Socket()` })
    expect(errorOf('pack', 'refused.mjs#socket', '-o', 'x.crn')).toMatchObject({
      code: 1,
      error: { name: 'PackError', problems: [{ path: expect.any(String), remedy: expect.any(String) }] },
    })
  })

  it('X15 refuses times that would lose what they are for', () => {
    for (const keep of ['0', '1e300'])
      expect(run('submit', 'five.crn', '--keep', keep)).toMatchObject({
        ...{
          code: 2,
          stderr: expect.stringContaining('It is a number of seconds above 0, and at most 1e12.'),
        },
      })
    expect(run('submit', 'five.crn', '--keep', '0.0001')).toMatchObject({ code: 0, stderr: '' })
    // No lock would last, and a worker would take nothing.
    for (const period of ['0', '0.001', '1e9'])
      expect(run('worker', '--recover-after', period)).toMatchObject({
        ...{ code: 2, stderr: expect.stringContaining('It is a number of seconds from 0.1 to 2000000.') },
      })
  })

  it('X15 run --address prints what is no function as it is, as run does without a fleet', () => {
    expect(run('run', 'five.crn')).toEqual({ code: 0, stdout: '5\n', stderr: '' })
    expect(run('run', 'Thing.crn')).toEqual({ code: 0, stdout: '[class Thing]\n', stderr: '' })
    const { code, stderr } = run('run', 'five.crn', '--args', '[1]')
    expect(code).toBe(1)
    expect(stderr).toMatch(/TypeError: five\.crn holds no function to call with arguments, but 5/)
  })

  it('X15 run --address and result say that no worker has joined, once, and go on', async () => {
    const empty = { address: redis.address, namespace: `${redis.namespace}-empty` }
    const there = ['--address', empty.address, '--namespace', empty.namespace]
    const { stdout } = cornichon(workspace.folder, 'submit', 'five.crn', ...there)
    const waiting = [
      ['run', 'five.crn', '--json'],
      ['result', stdout.trim(), '--json'],
    ].map((command) => {
      const child = spawn(nodeBinary, [commandFile, ...command, ...there], {
        ...{ cwd: workspace.folder, env: childEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] },
      })
      const text = { out: '', err: '' }
      child.stdout!.on('data', (piece) => (text.out += piece))
      child.stderr!.on('data', (piece) => (text.err += piece))
      return { text, ended: once(child, 'close') }
    })
    const said = 'No worker has joined: cornichon worker starts one.\n'
    for (const { text } of waiting) await expect.poll(() => text.err, { timeout: 30_000 }).toBe(said)
    const late = await startWorker(empty, '--num-cpus', '1')
    for (const { text, ended } of waiting) {
      expect(await ended).toEqual([0, null])
      expect(text).toEqual({ out: '5\n', err: said })
    }
    await late.kill()
  })

  it('X15 submit prints an id at once, result fetches what came out, an error has exit code 1', async () => {
    const { id } = json('submit', 'greet.crn', '--args', '["ann", 1]')
    expect(json('result', id)).toEqual({ text: 'hello ann' })
    const failing = run('submit', 'fail.crn').stdout.trim()
    const { code, stderr } = run('result', failing)
    expect(code).toBe(1)
    expect(stderr).toMatch(/RangeError: not today|not today/)
    expect(run('result', 't-none-1')).toMatchObject({ code: 2 })
    // Its submitter is gone: what is too large for the call itself goes all the same.
    const large = json('submit', 'greet.crn', '--args', JSON.stringify(['a'.repeat(110_000), 1]))
    expect(json('result', large.id).text).toHaveLength(110_006)
    // Also where most of a result is in keys beside its frame.
    const { size } = json('list', 'objects').find(({ id }: { id: string }) => id === `${large.id}.0`)
    expect(size).toBeGreaterThan(110_000)
    const client = redis.connect()
    await expect.poll(() => client.keys(`{cornichon-${redis.namespace}}:part:call-*`)).toEqual([])
    client.disconnect()
    expect(run('submit', 'greet.crn', '--args', '{').code).toBe(2)
  })

  it('X15 counts the tasks of a job, those that its tasks start included; a terminal shows how many are done', async () => {
    const { id } = json('submit', 'tree.crn', '--args', '[4]')
    expect(json('result', id)).toBe(30)
    const client = redis.connect()
    const key = `{cornichon-${redis.namespace}}:progress:${id}`
    await expect.poll(() => client.hgetall(key)).toEqual({ made: '31', over: '31' })
    client.disconnect()
    const written: string[] = []
    const line = new JobLine({ write: (text) => written.push(text), columns: 60 })
    let over = 0
    line.watch({ read: async () => ({ made: over === 0 ? 0 : 40, over: over++ * 10 }) }, id)
    await expect.poll(() => written.length).toBeGreaterThan(1)
    line.end()
    expect(written[0]).toBe('\r\x1b[Ktasks [######..................] 10 of 40 done')
    expect(written.at(-1)).toBe('\r\x1b[K')
    expect(formatJob({ made: 8, over: 8 })).toBe('tasks [########################] 8 of 8 done')
  })

  it('X15 status, list and top show what there is, as text and as JSON', async () => {
    const { id } = json('submit', 'never.crn', '--name', 'endless')
    const { id: later } = json('submit', 'never.crn', '--name', 'later', '--num-cpus', '2')
    await expect.poll(overview).toMatchObject({ running: 1 })
    const tasks = json('list', 'tasks')
    expect(tasks).toContainEqual(expect.objectContaining({ id, name: 'endless', state: 'running' }))
    expect(tasks).toContainEqual(expect.objectContaining({ id: later, name: 'later', state: 'queued' }))
    const status = json('status')
    expect(status).toMatchObject({
      running: 1,
      waiting: 1,
      drivers: 0,
      departedDrivers: expect.any(Number),
      workers: [{ name: 'one', resources: { CPU: { total: 2, free: 1 } } }],
    })
    expect(status.departedDrivers).toBeGreaterThanOrEqual(2)
    expect(run('status').stdout).toMatch(/, 0 drivers, and \d+ that left, whose tasks and results are kept;/)
    expect(run('status').stdout).toMatch(/1 worker, .*1 waiting, 1 running[\s\S]*one +CPU 1\/2/)
    expect(json('top', '--count', '1')).toMatchObject({ running: 1 })
    expect(json('list', 'workers')).toMatchObject([{ name: 'one' }])
    expect(json('list', 'functions').length).toBeGreaterThan(0)
    expect(Array.isArray(json('list', 'objects'))).toBe(true)
    expect(run('list', 'actors').stdout).toBe('no actors\n')
    expect(json('cancel', id)).toEqual({ cancelled: [id] })
    expect(run('cancel', id)).toMatchObject({ code: 2, stderr: expect.stringMatching(/still runs; --force/) })
    expect(json('cancel', '--force', id, later)).toEqual({ cancelled: [id, later] })
    expect(run('result', id).stderr).toMatch(/was cancelled/)
    await expect.poll(overview).toMatchObject({ running: 0 })
    expect(run('cancel', id)).toMatchObject({ code: 2, stderr: expect.stringMatching(/there is no task/) })
  })

  it('X15 what a submitted task has started and left ends with it', async () => {
    const { id } = json('submit', 'fire.crn')
    expect(run('result', id).stdout).toBe('1\n')
    await expect.poll(overview).toMatchObject({ running: 0, waiting: 0 })
  })

  it('X15 a task runs no longer than submit --keep says, and some seconds', async () => {
    const { id } = json('submit', 'never.crn', '--keep', '2')
    const { id: later } = json('submit', 'never.crn', '--keep', '1', '--num-cpus', '2')
    await expect.poll(overview, { timeout: 30_000 }).toMatchObject({ running: 0, waiting: 0 })
    expect([run('result', id), run('result', later)]).toMatchObject([
      { code: 1, stderr: expect.stringContaining('was cancelled') },
      { code: 2, stderr: expect.stringContaining('there is no task') },
    ])
  })

  it('X15 logs shows what tasks have printed', () => {
    expect(run('logs').stdout).toMatch(/\(greet\.crn one\/thread-\d+\) greeting peter/)
    const lines = run('logs', '--json').stdout.trim().split('\n')
    const entries = lines.map((line) => JSON.parse(line))
    const { driver } = entries.find(({ text }) => text === 'greeting ann\n')
    expect(run('logs', driver).stdout).toContain('greeting ann')
    const { code, stderr } = run('logs', driver, 'd-nope')
    expect(code).toBe(2)
    expect(stderr).toMatch(/there is no driver d-nope/)
  })

  it('X15 logs of a driver whose tasks have printed nothing are empty', async () => {
    run('submit', 'five.crn')
    const client = redis.connect()
    const key = (name: string) => `{cornichon-${redis.namespace}}:${name}`
    const quiet = (await client.keys(key('lease:driver-*'))).map((name) => name.slice(key('lease:').length))
    const printed = (await client.keys(key('logs:*'))).map((name) => name.slice(key('logs:').length))
    client.disconnect()
    const driver = quiet.find((id) => !printed.includes(id))!
    expect(run('logs', driver)).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  it('X15 logs --follow shows what drivers print that come later, too', async () => {
    const child = spawn(nodeBinary, [commandFile, 'logs', '--follow', ...fleet], {
      ...{ env: childEnvironment(), stdio: ['ignore', 'pipe', 'inherit'] },
    })
    let out = ''
    child.stdout!.on('data', (piece) => (out += piece))
    await expect.poll(() => out, { timeout: 30_000 }).toContain('greeting peter')
    // A name does not clear the screen.
    run('submit', 'greet.crn', '--args', '["zoe", 1]', '--name', 'z\u001b[2J$&')
    await expect.poll(() => out, { timeout: 30_000 }).toMatch(/^\(z\\u001b\[2J\$& one\/\S+\) greeting zoe/m)
    child.kill('SIGINT')
    await once(child, 'exit')
  })

  it('X15 Ctrl-C cancels what run waits for, and the exit code is that of a program which the signal ended', async () => {
    const child = spawn(nodeBinary, [commandFile, 'run', 'never.crn', ...fleet], {
      cwd: workspace.folder,
      env: childEnvironment(),
      stdio: 'ignore',
    })
    await expect.poll(overview).toMatchObject({ running: 1, drivers: 1 })
    child.kill('SIGINT')
    const [code] = await once(child, 'exit')
    expect(code).toBe(130)
    await expect.poll(overview).toMatchObject({ running: 0, waiting: 0, drivers: 0 })
  })

  it('X15 run --address takes what submit takes of the task, and of how to join', async () => {
    expect(run('run', 'fail.crn', '--name', 'hopeless').stderr).toMatch(/hopeless/)
    expect(run('run', 'five.crn', '--num-cpus', '3').stderr).toMatch(/it needs 3 of CPU/)
    const client = redis.connect()
    const key = (name: string) => `{cornichon-${redis.namespace}}:${name}`
    await client.sadd(key('drivers'), 'driver-older')
    await client.set(key('lease:driver-older'), '{"format":1,"node":"1.0.0","cornichon":"0.0.1"}')
    const greet = ['greet.crn', '--args', '["peter", 1]', '--json']
    expect(run('run', ...greet)).toMatchObject({ code: 2, stderr: expect.stringMatching(/versions differ/) })
    expect(JSON.parse(run('run', ...greet, '--allow-version-mismatch').stdout).text).toBe('hello peter')
    await client.del(key('lease:driver-older'))
    client.disconnect()
  })

  it.each([['run', 'five.crn'], ['submit', 'five.crn'], ['worker'], ['status']])(
    'X15 %s takes a namespace that init takes',
    (command, ...args) => {
      const to = ['--address', redis.address, '--namespace', 'bad name']
      const { code, stderr } = cornichon(workspace.folder, command, ...args, ...to)
      expect(code).toBe(2)
      expect(stderr).toMatch(/namespace.*'bad name' is invalid\. It is letters, digits, _, \. and -\./)
    },
  )

  it('X15 an address that is empty is none', () => {
    for (const command of ['status', 'worker', 'run five.crn'])
      expect(cornichon(workspace.folder, ...command.split(' '), '--address', '')).toMatchObject({
        ...{ code: 2, stderr: expect.stringContaining('no fleet was named: say --address redis://host') },
      })
  })

  it('X15 a fleet that is not there is a mistake in the use', () => {
    const { code, stderr } = cornichon(workspace.folder, 'status', '--address', 'redis://127.0.0.1:1')
    expect(code).toBe(2)
    expect(stderr).toMatch(/can't use Redis at redis:\/\/127\.0\.0\.1:1/)
    expect(cornichon(workspace.folder, 'worker', '--address', redis.address, '--resources', 'gpu').code).toBe(
      2,
    )
  })
})
