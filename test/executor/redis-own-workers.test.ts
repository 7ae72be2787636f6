// Actors with workers of their own, where one worker process has no memory for one more and others have, or none has.
import { ActorDiedError, get, kill, remote } from 'cornichon/executor'
import { afterAll, expect, it } from 'vitest'
import { failureOf, testFleet } from '../support/fleet.ts'
import { createWorkspace } from '../support/workspace.ts'

const workspace = createWorkspace()
const fleet = testFleet('--num-cpus', '2', '--recover-after', '2')
const { start, startWith, key, actorQueueKeys } = fleet

// What a worker process takes for free memory is what a file of its own says, in MiB.
workspace.write({
  'memory.mjs': `
    import { readFileSync } from 'node:fs'
    import { syncBuiltinESMExports } from 'node:module'
    import os from 'node:os'
    import { isMainThread } from 'node:worker_threads'
    if (isMainThread) {
      os.freemem = () => Number(readFileSync(process.env.FREE_MEMORY, 'utf8')) * 2 ** 20
      syncBuiltinESMExports()
    }`,
})
const ROOM = 100_000
const NONE = 140
const setFree = (name: string, free: number) => workspace.write({ [`${name}.free`]: `${free}` })
const startNamed = (name: string, free: number, ...more: string[]) => {
  setFree(name, free)
  const environment = {
    FREE_MEMORY: workspace.path(`${name}.free`),
    NODE_OPTIONS: `--import=${workspace.path('memory.mjs')}`,
  }
  return startWith(environment, '--name', name, ...more)
}

afterAll(() => workspace.remove())

class Log {
  readonly seen: number[] = []
  pid(): number {
    return process.pid
  }
  add(n: number): number[] {
    this.seen.push(n)
    return this.seen
  }
  exit(): void {
    process.exit(1)
  }
}
const One = remote(Log)
const many = (count: number) => Array.from({ length: count }, (_, i) => i)
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

it('X7 an actor goes to the worker that has room for it, whoever is asked first', async () => {
  await startNamed('full', NONE)
  const waiting = many(3).map(() => One.remote().pid.remote())
  await pause(500)
  const roomy = await startNamed('roomy', ROOM)
  const more = many(5).map(() => One.remote().pid.remote())
  const pids = await get([...waiting, ...more])
  expect(new Set(pids)).toEqual(new Set([roomy.child.pid]))
  // Those that share threads need no room of their own.
  const shared = await get(many(4).map(() => remote(Log, { isolate: false }).remote().pid.remote()))
  expect(shared.length).toBe(4)
}, 60_000)

it('X7 an actor waits while there is room nowhere, and starts when there is', async () => {
  const worker = await startNamed('one', NONE)
  const pid = One.remote().pid.remote()
  await pause(1_000)
  setFree('one', ROOM)
  expect(await get(pid)).toBe(worker.child.pid)
}, 60_000)

it('X7 an actor that waits for too long dies of what each worker lacks, and leaves nothing behind', async () => {
  await startNamed('one', NONE, '--wait-for-room', '2')
  await startNamed('two', NONE, '--wait-for-room', '2')
  const began = Date.now()
  const actors = many(12).map(() => One.remote())
  const errors = await Promise.all(actors.map((actor) => failureOf(actor.pid.remote())))
  expect(Date.now() - began).toBeGreaterThan(1_900)
  for (const error of errors) {
    expect(error).toBeInstanceOf(ActorDiedError)
    expect(error.message).toMatch(
      /actor Log \(a-\S+\) can't start: no worker had room for it within 2 s: on (one|two) it would take 27.3 MB of memory, and 147 MB are free, of which 134 MB are kept; on (one|two) it would/,
    )
    expect(error.message).toMatch(
      /End actors that are not needed, start another worker, or say isolate: false/,
    )
  }
  await expect.poll(async () => (await actorQueueKeys()).length, { timeout: 20_000 }).toBe(0)
  for (const list of ['wait', 'active'])
    await expect.poll(() => fleet.connection.llen(key(`none;thread:${list}`)), { timeout: 20_000 }).toBe(0)
  expect(await fleet.connection.scard(key('actors'))).toBe(0)
  // What was refused stands in nobody's way.
  setFree('two', ROOM)
  expect(typeof (await get(One.remote().pid.remote()))).toBe('number')
}, 60_000)

it('X7 a worker that was killed is not waited for as long as its lease lasts', async () => {
  await startNamed('full', NONE, '--wait-for-room', '2')
  const roomy = await startNamed('roomy', ROOM, '--wait-for-room', '2')
  expect(await get(One.remote().pid.remote())).toBe(roomy.child.pid)
  roomy.child.kill('SIGKILL')
  const began = Date.now()
  const error = await failureOf(One.remote().pid.remote())
  expect(error.message).toMatch(/no worker had room for it within 2 s: .*roomy has lost its connection/)
  // The lease is renewed every five seconds, and lasts for fifteen.
  expect(Date.now() - began).toBeLessThan(9_000)
}, 60_000)

it('X7 an actor that waits can be killed', async () => {
  await startNamed('one', NONE)
  const actor = One.remote()
  const pid = actor.pid.remote()
  await pause(500)
  kill(actor)
  expect((await failureOf(pid)).message).toMatch(/was killed/)
  setFree('one', ROOM)
  expect(typeof (await get(One.remote().pid.remote()))).toBe('number')
  expect(await fleet.connection.scard(key('actors'))).toBe(1)
}, 60_000)

it('X12 an actor that has no room where it is to start again does so elsewhere, with its calls in their order', async () => {
  const first = await startNamed('first', ROOM)
  const actor = remote(Log, { maxRestarts: 2, maxTaskRetries: 0 }).remote()
  expect(await get(actor.pid.remote())).toBe(first.child.pid)
  setFree('first', NONE)
  const second = await startNamed('second', ROOM)
  const exit = actor.exit.remote()
  const refs = [actor.add.remote(0)]
  for (const n of many(20).slice(1)) {
    if (n % 4 === 0) await pause(1)
    refs.push(actor.add.remote(n))
  }
  expect(await failureOf(exit)).toBeInstanceOf(ActorDiedError)
  await Promise.all(refs.slice(0, -1).map((ref) => get(ref)))
  expect(await get(refs.at(-1)!)).toEqual(many(20))
  expect(await get(actor.pid.remote())).toBe(second.child.pid)
  // The restart that it has spent there is counted here.
  expect(await failureOf(actor.exit.remote())).toBeInstanceOf(ActorDiedError)
  expect(await get(actor.add.remote(1))).toEqual([1])
  expect(await failureOf(actor.exit.remote())).toBeInstanceOf(ActorDiedError)
  expect((await failureOf(actor.add.remote(1))).message).toMatch(/exit code 1|is gone|died/)
}, 60_000)

it('X7 many actors are spread over the workers that have room, each of which takes no more than it can start', async () => {
  await start()
  await start()
  const pids = await get(many(16).map(() => One.remote().pid.remote()))
  expect(new Set(pids).size).toBe(2)
}, 60_000)
