// Actors that are not isolated: what the end of one means for those that share its thread, and what the end of that means
// for them all.
import { threadId } from 'node:worker_threads'
import {
  ActorDiedError,
  describeExecutor,
  get,
  init,
  kill,
  type ObjectRef,
  remote,
  shutdown,
} from 'cornichon/executor'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runNode } from '../support/command.ts'
import { root } from '../support/paths.ts'
import { createWorkspace } from '../support/workspace.ts'

class Resident {
  count = 0
  add(): number {
    this.count++
    return this.count
  }
  thread(): string {
    return `${process.pid} ${threadId}`
  }
  async rest(milliseconds: number): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve, milliseconds))
    return 'rested'
  }
  compute(milliseconds: number): string {
    for (const end = Date.now() + milliseconds; Date.now() < end; );
    return 'computed'
  }
  async computeLater(milliseconds: number): Promise<string> {
    await null
    return this.compute(milliseconds)
  }
  exit(code: number): void {
    process.exit(code)
  }
  throwLater(): Promise<void> {
    setTimeout(() => {
      throw new RangeError('from a timer')
    })
    return this.rest(60_000) as Promise<unknown> as Promise<void>
  }
  fill(): number {
    const all: unknown[] = []
    for (;;) all.push(new Array(10_000).fill(all.length))
  }
}

const Shared = remote(Resident, { isolate: false })
const failureOf = (ref: ObjectRef<any>): Promise<any> =>
  get(ref).then(
    () => expect.fail('it did not reject'),
    (error: unknown) => error,
  )
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
const workerNames = async () => (await describeExecutor()).workers.map(({ name }) => name)

/** In environments they share a process, where memory is not shared. */
const places = [
  ['a thread', {}],
  ['a process', { runtimeEnv: { envVars: { PLACE: 'process' } } }],
] as const

describe.each(places)('actors that share %s', (_, options) => {
  const Here = Shared.options(options)
  const together = async (count: number, more: Parameters<typeof Shared.options>[0] = {}) => {
    const actors = Array.from({ length: count }, () => Here.options(more).remote())
    expect(await get(actors.map((actor) => actor.add.remote()))).toEqual(actors.map(() => 1))
    expect(new Set(await get(actors.map((actor) => actor.thread.remote()))).size).toBe(1)
    return actors
  }
  const killAll = (actors: readonly { add: unknown }[]) => {
    for (const actor of actors) kill(actor as never)
  }

  beforeAll(() => init({ numCpus: 1, logToDriver: false, resourceLimits: { maxOldGenerationSizeMb: 64 } }))
  afterAll(() => shutdown())

  it('X7 a crash is one of all: each starts again if it may, or says what it died of', async () => {
    const [mortal] = await together(1)
    const [once, again] = await together(2, { maxRestarts: 1, maxTaskRetries: 1 })
    const resting = again!.rest.remote(300)
    const lost = mortal!.rest.remote(60_000)
    await pause(100)
    const own = await failureOf(once!.exit.options({ maxTaskRetries: 0 }).remote(7))
    expect(own).toBeInstanceOf(ActorDiedError)
    const error = await failureOf(lost)
    expect(error).toBeInstanceOf(ActorDiedError)
    expect(error.message).toMatch(
      /Resident .* died: \S+, the worker that it shared with 2 other actors, is gone: .*exit code 7/,
    )
    expect((await failureOf(mortal!.add.remote())).message).toBe(error.message)
    expect(await get(resting)).toBe('rested')
    // By their constructors.
    expect(await get([once!.add.remote(), again!.add.remote()])).toEqual([1, 1])
    killAll([once!, again!])
  })

  it('X7 an error that nothing catches is the cause', async () => {
    const [one, other] = await together(2)
    const lost = other!.rest.remote(60_000)
    one!.throwLater.remote()
    const error = await failureOf(lost)
    expect(error).toBeInstanceOf(ActorDiedError)
    expect(error.message).toMatch(/shared with 1 other actor, is gone: nothing caught: .*from a timer/)
    expect(error.cause).toBeInstanceOf(RangeError)
  })

  it('X7 so is the end of its memory', async () => {
    const [one, other] = await together(2)
    const lost = other!.rest.remote(60_000)
    one!.fill.remote()
    expect((await failureOf(lost)).message).toMatch(
      /shared with 1 other actor, is gone: it ran out of memory/,
    )
  }, 60_000)

  it.each(['compute', 'computeLater'] as const)(
    'X7 kill of one whose code does not end ends the others with it, who start again if they may (%s)',
    async (method) => {
      const [one, mortal] = await together(2)
      const [other] = await together(1, { maxRestarts: 1 })
      const computing = one![method].remote(600_000)
      await pause(100)
      const lost = mortal!.add.remote()
      kill(one!)
      const begun = Date.now()
      expect((await failureOf(computing)).message).toMatch(/was killed/)
      expect((await failureOf(lost)).message).toMatch(
        /shared with 1 other actor, is gone: the actor Resident \(\S+\), which was there too, was killed in code that did not end/,
      )
      // It has to start again, in a new worker.
      expect(await get(other!.add.remote())).toBe(1)
      expect(Date.now() - begun).toBeLessThan(30_000)
      killAll([other!])
    },
  )

  it('X7 kill of one that awaits ends nobody, also while a neighbour computes', async () => {
    const [one, computing, other] = await together(3)
    const resting = one!.rest.remote(60_000)
    await pause(50)
    const computed = computing!.compute.remote(1800)
    await pause(50)
    kill(one!)
    expect((await failureOf(resting)).message).toMatch(/was killed/)
    expect(await get(computed)).toBe('computed')
    expect(await get([computing!.add.remote(), other!.add.remote()])).toEqual([2, 2])
    killAll([computing!, other!])
  })

  it('X7 kill of an idle one ends nobody, whatever computes', async () => {
    const [one, computing] = await together(2)
    const computed = computing!.computeLater.remote(1800)
    await pause(50)
    kill(one!)
    expect(await get(computed)).toBe('computed')
    expect(await get(computing!.add.remote())).toBe(2)
    killAll([computing!])
  })

  it('X7 one that is killed twice in one moment, and its neighbours, go on', async () => {
    const [one, other] = await together(2, { maxRestarts: -1 })
    kill(one!, { noRestart: false })
    kill(one!, { noRestart: false })
    expect(await get(one!.add.remote())).toBe(1)
    kill(one!, { noRestart: false })
    kill(one!)
    expect(await failureOf(one!.add.remote())).toBeInstanceOf(ActorDiedError)
    expect(await get(other!.add.remote())).toBe(2)
    killAll([other!])
  })

  it('X7 the worker ends when it has no actor any more', async () => {
    const actors = await together(3)
    expect((await workerNames()).length).toBe(1)
    killAll(actors)
    for (const end = Date.now() + 10_000; (await workerNames()).length > 0 && Date.now() < end; )
      await pause(20)
    expect(await workerNames()).toEqual([])
  })

  it('X7 lists say where each is', async () => {
    const [one, other] = await together(2)
    const { actors } = await describeExecutor()
    const alive = actors.filter(({ state }) => state === 'alive')
    expect(alive.length).toBe(2)
    expect(alive[0]!.worker).toMatch(/^(thread|process)-\d+$/)
    expect(alive[1]!.worker).toBe(alive[0]!.worker)
    killAll([one!, other!])
  })
})

describe('actors that share threads', () => {
  it('X7 are in no environment but their own', async () => {
    await init({ numCpus: 1, logToDriver: false })
    const inEnvironment = (PLACE: string) => Shared.options({ runtimeEnv: { envVars: { PLACE } } }).remote()
    const actors = [Shared.remote(), inEnvironment('a'), inEnvironment('a'), inEnvironment('b')]
    const [none, a, sameA, b] = await get(actors.map((actor) => actor.thread.remote()))
    expect(sameA).toBe(a)
    expect(new Set([none, a, b]).size).toBe(3)
    await shutdown()
  })

  it('X7 print with the name of the call that printed', async () => {
    const lines: string[] = []
    await init({ numCpus: 1, logToDriver: ({ task, text }) => lines.push(`${task}: ${text}`) })
    class Speaker {
      async say(text: string): Promise<void> {
        await new Promise((resolve) => setTimeout(resolve, 20))
        console.log(text)
      }
    }
    const [one, other] = [
      remote(Speaker, { isolate: false }).remote(),
      remote(Speaker, { isolate: false }).remote(),
    ]
    await get([
      one.say.options({ name: 'first' }).remote('a'),
      other.say.options({ name: 'second' }).remote('b'),
    ])
    await shutdown()
    expect(lines.sort()).toEqual(['first: a', 'second: b'])
  })

  it('X7 are collected when they are killed, and end when nobody has a handle, as isolated ones do', () => {
    const workspace = createWorkspace()
    workspace.link('node_modules/cornichon', root)
    workspace.write({
      'program.mjs': `
        import { setFlagsFromString } from 'node:v8'
        import { runInNewContext } from 'node:vm'
        import { describeExecutor, get, init, kill, remote, runOnAllWorkers } from 'cornichon/executor'
        await init({ numCpus: 1 })
        const isOneAlive = async () => {
          const alive = async () => (await describeExecutor()).actors.filter(({ state }) => state === 'alive').length
          for (let i = 0; i < 1000 && (await alive()) > 1; i++) {
            await new Promise((resolve) => setTimeout(resolve, 10))
            gc()
          }
          return (await alive()) === 1
        }
        class Noted {
          constructor() { (globalThis.noted ??= []).push(new WeakRef(this)) }
          async alive() {
            setFlagsFromString('--expose-gc')
            const gc = runInNewContext('gc')
            for (let i = 0; i < 5; i++) { await new Promise((resolve) => setTimeout(resolve, 5)); gc() }
            return globalThis.noted.filter((ref) => ref.deref() !== undefined).length
          }
        }
        const Shared = remote(Noted, { isolate: false })
        const watch = Shared.remote()
        const actors = Array.from({ length: 50 }, () => Shared.remote())
        console.log(await get(watch.alive.remote()))
        for (const actor of actors.splice(0, 20)) kill(actor)
        console.log(await get(watch.alive.remote()))
        actors.length = 0
        console.log(await isOneAlive(), await get(watch.alive.remote()))
        class Own { mark() { globalThis.isOwn = true } }
        let own = remote(Own).remote()
        await get(own.mark.remote())
        // It ends while its thread runs what all workers run, for whoever waits for that.
        const begun = new Int32Array(new SharedArrayBuffer(4))
        const ran = runOnAllWorkers(async () => {
          if (!globalThis.isOwn) return
          begun[0] = 1
          await new Promise(() => {})
        })
        while (begun[0] === 0) await new Promise((resolve) => setTimeout(resolve, 10))
        own = null
        console.log(await isOneAlive())
        await ran
        console.log('ran')`,
    })
    // It ends without a shutdown, too.
    expect(runNode(workspace.folder, '--expose-gc', 'program.mjs')).toEqual({
      ...{ code: 0, stdout: '51\n31\ntrue 1\ntrue\nran\n', stderr: '' },
    })
    workspace.remove()
  })

  it('X7 keep the process alive while one of them starts again', () => {
    const workspace = createWorkspace()
    workspace.link('node_modules/cornichon', root)
    workspace.write({
      'program.mjs': `
        import { get, kill, remote } from 'cornichon/executor'
        class Idle { hello() { return 'hello' } }
        const actor = remote(Idle, { isolate: false, maxRestarts: 1 }).remote()
        console.log(await get(actor.hello.remote()))
        await new Promise((resolve) => setTimeout(resolve, 100))
        kill(actor, { noRestart: false })
        console.log(await get(actor.hello.remote()))`,
    })
    expect(runNode(workspace.folder, 'program.mjs')).toEqual({
      code: 0,
      stdout: 'hello\nhello\n',
      stderr: '',
    })
    workspace.remove()
  })
})
