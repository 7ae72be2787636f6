// What the command does where its output can't be written: a full disk, a pipe whose reader has left, a terminal that can't
// write over a line.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isLive } from '../../../executor/terminal-line.ts'
import { childEnvironment } from '../../support/children.ts'
import { commandFile, cornichon, runProgram } from '../../support/command.ts'
import { look } from '../../support/fleet.ts'
import { nodeBinary } from '../../support/paths.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'
import { createWorkspace } from '../../support/workspace.ts'

const workspace = createWorkspace()
let redis: TestRedis
let fleet: string[]

beforeAll(async () => {
  redis = await startRedis()
  fleet = ['--address', redis.address, '--namespace', redis.namespace]
  workspace.write({
    'jobs.mjs': `
      export const five = () => 5
      export const slow = () => new Promise((resolve) => setTimeout(resolve, 1500, 'done'))`,
  })
  for (const name of ['five', 'slow'])
    expect(cornichon(workspace.folder, 'pack', `jobs.mjs#${name}`, '-o', `${name}.crn`).code).toBe(0)
})
afterAll(async () => {
  await redis.stop()
  workspace.remove()
})

describe.runIf(existsSync('/dev/full'))('a full disk', () => {
  const intoFull = (...args: string[]) =>
    runProgram(workspace.folder, 'sh', ['-c', '"$@" > /dev/full', 'sh', nodeBinary, commandFile, ...args])

  it('is told in a line, exit code 2', () => {
    const told = { code: 2, stderr: "cornichon: the output can't be written: the disk is full\n" }
    expect(intoFull('--help')).toMatchObject(told)
    expect(intoFull('run', 'five.crn')).toMatchObject(told)
    expect(intoFull('inspect', 'five.crn')).toMatchObject(told)
    expect(intoFull('pack', 'jobs.mjs#five', '-o', 'again.crn')).toMatchObject(told)
    expect(intoFull('status', ...fleet)).toMatchObject(told)
    expect(JSON.parse(intoFull('list', 'tasks', '--json', ...fleet).stderr)).toMatchObject({
      error: { message: "the output can't be written: the disk is full" },
    })
  })

  it('does not hide the id of a task that is queued', async () => {
    const { code, stderr } = intoFull('submit', 'five.crn', ...fleet)
    expect(code).toBe(2)
    const [, id] = /the disk is full; task (t-\S+) is queued all the same\n$/.exec(stderr)!
    expect((await look(redis, (view) => view.tasks())).map((task) => task.id)).toContain(id)
  })
})

describe('a pipe whose reader has left', () => {
  it('does not keep a worker from letting its tasks end', async () => {
    const own = { address: redis.address, namespace: `${redis.namespace}-pipe` }
    const there = ['--address', own.address, '--namespace', own.namespace]
    const worker = spawn(nodeBinary, [commandFile, 'worker', ...there, '--num-cpus', '1'], {
      ...{ env: childEnvironment(), stdio: ['ignore', 'pipe', 'ignore'] },
    })
    const ended = once(worker, 'exit')
    await once(worker.stdout!, 'data')
    worker.stdout!.destroy()
    const id = cornichon(workspace.folder, 'submit', 'slow.crn', ...there).stdout.trim()
    const running = () => look(own, (view) => view.overview())
    await expect.poll(running, { timeout: 30_000 }).toMatchObject({ running: 1 })
    worker.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
    expect(cornichon(workspace.folder, 'result', id, ...there)).toMatchObject({ code: 0, stdout: 'done\n' })
  })
})

describe('a terminal', () => {
  it('gets codes that write over what it shows only if it can', () => {
    const before = process.env.TERM
    try {
      process.env.TERM = 'xterm'
      expect([isLive({ isTTY: true }), isLive({ isTTY: false }), isLive({})]).toEqual([true, false, false])
      process.env.TERM = 'dumb'
      expect(isLive({ isTTY: true })).toBe(false)
    } finally {
      if (before === undefined) delete process.env.TERM
      else process.env.TERM = before
    }
  })
})
