// How long the process lives, what it prints, and where its workers find what they need: programs in processes of their own.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { runNode } from '../support/command.ts'
import { root, tsxArguments } from '../support/paths.ts'
import { createWorkspace } from '../support/workspace.ts'

const workspace = createWorkspace()
afterAll(() => workspace.remove())
workspace.write({ 'package.json': '{ "type": "module" }' })
workspace.link('node_modules/cornichon', root)

function run(program: string, ...nodeArguments: string[]) {
  workspace.write({ 'program.mjs': `import { ${names(program)} } from 'cornichon/executor'\n${program}` })
  return runNode(workspace.folder, ...nodeArguments, 'program.mjs')
}

const api = [
  'init',
  'remote',
  'get',
  'put',
  'shutdown',
  'getActor',
  'currentTask',
  'runOnAllWorkers',
  'transfer',
  'kill',
  'cancel',
]
function names(program: string): string {
  return api.filter((name) => new RegExp(`\\b${name}\\b`).test(program)).join(', ')
}

describe('the process', () => {
  it('ends by itself when nothing is left to do, without shutdown', () => {
    const program = `
      const square = remote((x) => x * x)
      class Idle { hello() { return 'hello' } }
      const actor = remote(Idle, { name: 'idle', lifetime: 'detached' }).remote()
      console.log(await get(square.remote(3)), await get(actor.hello.remote()))`
    expect(run(program)).toEqual({ code: 0, stdout: '9 hello\n', stderr: '' })
  })

  it('lives as long as a task runs, also when only a callback waits for it', () => {
    const program = `
      const slow = remote(() => new Promise((resolve) => setTimeout(resolve, 200, 'done')))
      void get(slow.remote()).then((value) => console.log(value))`
    expect(run(program)).toEqual({ code: 0, stdout: 'done\n', stderr: '' })
  })

  it('ends after shutdown, whatever the workers were doing', () => {
    const program = `
      const spins = remote(() => { for (;;); })
      const ref = spins.remote()
      const failure = get(ref).catch((error) => console.log(error.name, error.message))
      await shutdown()
      await failure`
    expect(run(program)).toEqual({
      code: 0,
      stdout: 'ShutdownError the executor was shut down before the task was done\n',
      stderr: '',
    })
  })

  it('X8 lives on when a thread is ended by force while it starts, whenever that is', () => {
    const program = `
      const never = remote(() => new Promise(() => {}))
      for (let pause = 0; pause < 100; pause += 3) {
        const ref = never.remote()
        await new Promise((resolve) => setTimeout(resolve, pause))
        cancel(ref, { force: true })
        await get(ref).catch(() => {})
      }
      console.log('alive')`
    expect(run(program)).toEqual({ code: 0, stdout: 'alive\n', stderr: '' })
  })

  it('X1 init is not needed; shutdown without an executor does nothing', () => {
    const program = `
      await shutdown()
      const size = await get(remote(async (n) => n).remote(5))
      console.log(size)
      await shutdown()`
    expect(run(program)).toEqual({ code: 0, stdout: '5\n', stderr: '' })
  })

  it('an unhandled failure of get is the program’s own', () => {
    const program = `await get(remote(function bad() { throw new RangeError('no good') }).remote())`
    const { code, stderr } = run(program)
    expect(code).toBe(1)
    expect(stderr).toMatch(/RangeError: no good\n\s+at bad/)
    expect(stderr).toMatch(/in task bad \(t-/)
  })
})

describe('X10 what workers print', () => {
  it('comes out of the driver, with the task and the worker before it', () => {
    const program = `
      const speaks = remote(function speaks() { console.log('a line'); console.error('an error'); process.stdout.write('half a line') })
      await get(speaks.remote())
      await shutdown()`
    expect(run(program)).toEqual({
      code: 0,
      stdout: '(speaks thread-1) a line\n(speaks thread-1) half a line\n',
      stderr: '(speaks thread-1) an error\n',
    })
  })

  it('characters are whole, whatever pieces their bytes are printed in', () => {
    const program = `
      const speaks = remote(function speaks() {
        for (const byte of Buffer.from('a\u00e9\u{1f952}\\n')) process.stdout.write(Buffer.of(byte))
      })
      await get(speaks.remote())
      await shutdown()`
    expect(run(program).stdout).toBe('(speaks thread-1) a\u00e9\u{1f952}\n')
  })

  it('repeated lines are folded into one with a count', () => {
    const program = `
      const speaks = remote(function speaks() { console.log('again') })
      await get(Array.from({ length: 20 }, () => speaks.remote()))
      await shutdown()`
    const { stdout } = run(program)
    expect(stdout).toMatch(/^\(speaks thread-\d\) again\n\(speaks thread-\d\) again \[repeated 19 times\]\n$/)
  })

  it.each(["mode: 'inline'", 'logToDriver: false'])(
    'comes as it is with %s, also out of an environment',
    (option) => {
      const program = `
      await init({ ${option} })
      const speaks = remote((text) => { process.stdout.write(text) })
      await get(speaks.remote('here\\n'))
      await get(speaks.options({ runtimeEnv: { envVars: { A: '1' } } }).remote('there\\n'))
      await shutdown()`
      expect(run(program)).toEqual({ code: 0, stdout: 'here\nthere\n', stderr: '' })
    },
  )

  it('goes to a function', () => {
    const program = `
      const lines = []
      await init({ logToDriver: (line) => lines.push(line) })
      await get(remote(function speaks() { console.log('x') }).remote())
      await shutdown()
      console.log(JSON.stringify(lines))`
    expect(JSON.parse(run(program).stdout)).toEqual([
      { stream: 'stdout', worker: 'thread-1', task: 'speaks', text: 'x', repeats: 0 },
    ])
  })

  it('the last words before an end are not lost', () => {
    const program = `
      await init()
      const dies = remote(function dies() { console.log('farewell'); process.exit(3) }, { maxRetries: 0 })
      await get(dies.remote()).catch((error) => console.log(error.exitCode))`
    expect(run(program).stdout).toBe('(dies thread-1) farewell\n3\n')
  })
})

describe('X9 what all workers run, where a worker ends', () => {
  it('by what ran there before is run by the next one; by itself, its caller is told', () => {
    const program = `
      await init({ numCpus: 1 })
      const exit = remote(() => new Promise(() => setTimeout(() => process.exit(3), 300)), { maxRetries: 0 })
      const mark = remote(() => globalThis.mark)
      await get(mark.remote())
      const exits = exit.remote()
      await runOnAllWorkers(async () => {
        const { isMainThread } = await import('node:worker_threads')
        if (!isMainThread) await new Promise((resolve) => setTimeout(resolve, 600))
        globalThis.mark = 'set'
      })
      console.log(await get(exits).catch((error) => error.name), await get(mark.remote()))
      await runOnAllWorkers(async () => {
        const { isMainThread } = await import('node:worker_threads')
        if (!isMainThread) process.exit(4)
      }).catch((error) => console.log(error.name))
      await shutdown()`
    expect(run(program)).toMatchObject({ code: 0, stdout: 'WorkerCrashedError set\nWorkerCrashedError\n' })
  })
})

describe('X9 what fails of what all workers run', () => {
  it('is not what it begins, and goes on when it is over', () => {
    const program = `
      await init({ numCpus: 1 })
      const one = remote(() => 1)
      await runOnAllWorkers(() => {
        globalThis.later = new Promise((resolve) => setTimeout(resolve, 50)).then(() => get(one.remote()))
      })
      console.log(await globalThis.later, await get(remote(() => globalThis.later, { numCpus: 0 }).remote()))
      await shutdown()`
    expect(run(program)).toEqual({ code: 0, stdout: '1 1\n', stderr: '' })
  })

  it('waits for no call that it makes on a worker alone', () => {
    const program = `
      await init({ numCpus: 1 })
      const one = remote(() => 1)
      await runOnAllWorkers(async () => {
        const { isMainThread } = await import('node:worker_threads')
        if (!isMainThread) await get(one.remote())
      })
      await get(one.remote()).catch((error) => console.log(error.message))
      await shutdown()`
    expect(run(program)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('can not wait for a call that it makes'),
    })
  })

  it('fails their calls, also the first, and does not end them; what comes later runs', () => {
    const program = `
      await init({ numCpus: 1 })
      const run = remote(() => globalThis.mark ?? 'none')
      const tell = (error) => console.log(error.message)
      const fails = async (text) => {
        const { isMainThread } = await import('node:worker_threads')
        if (!isMainThread) throw new Error(text)
      }
      await runOnAllWorkers(fails, 'no thread yet')
      await get(run.remote()).catch(tell)
      await runOnAllWorkers(fails, 'once more').catch(tell)
      await runOnAllWorkers(() => { globalThis.mark = 'set' })
      await get(run.remote()).catch(tell)
      await shutdown()`
    expect(run(program)).toEqual({
      code: 0,
      stdout: 'no thread yet\nonce more\nno thread yet\n',
      stderr: '',
    })
  })
})

describe('where workers find things', () => {
  it('cornichon may be loaded while a test has faked the timers', () => {
    const program = `
      const { setImmediate, setTimeout, Intl } = globalThis
      // As fake timers have it: its classes have no prototypes of their own.
      globalThis.Intl = Object.assign(Object.create(Intl), { DateTimeFormat: function DateTimeFormat() {} })
      globalThis.setImmediate = globalThis.setTimeout = () => {}
      const { get, init, remote } = await import('cornichon/executor')
      Object.assign(globalThis, { setImmediate, setTimeout, Intl })
      await init({ mode: 'inline' })
      console.log(await get(remote((x) => x * x).remote(3), { timeout: 60_000 }))`
    workspace.write({ 'faked.mjs': program })
    expect(runNode(workspace.folder, 'faked.mjs')).toEqual({ code: 0, stdout: '9\n', stderr: '' })
  })

  it('code that imports cornichon/executor uses the executor that runs it', () => {
    workspace.write({
      'helper.mjs': `import { remote, get } from 'cornichon/executor'
        const double = remote((x) => 2 * x)
        export const quadruple = async (x) => get(double.remote(await get(double.remote(x))))`,
    })
    const program = `
      const { quadruple } = await import('./helper.mjs')
      console.log(await get(remote(quadruple).remote(5)))`
    expect(run(program)).toEqual({ code: 0, stdout: '20\n', stderr: '' })
  })

  it('so does a checkout whose TypeScript runs under tsx', () => {
    const source = JSON.stringify(pathToFileURL(join(root, 'executor', 'index.ts')).href)
    workspace.write({
      'program.ts': `import { get, remote, shutdown } from ${source}
        const factor: number = 3
        const times = remote((x: number): number => x * factor)
        const nested = remote(async (x: number) => get(times.remote(x)))
        console.log(await get(nested.remote(5)))
        await shutdown()`,
    })
    expect(runNode(workspace.folder, ...tsxArguments, 'program.ts')).toEqual({
      code: 0,
      stdout: '15\n',
      stderr: '',
    })
  })

  it('X4 a worker loads a function once, however often it runs', () => {
    const program = `
      await init({ numCpus: 1 })
      globalThis.loads = 0
      class Loaded { constructor() { this.n = 0 } }
      const holder = new Loaded()
      const counts = remote(() => ++holder.n)
      console.log((await get(Array.from({ length: 5 }, () => counts.remote()))).join())`
    expect(run(program).stdout).toBe('1,2,3,4,5\n')
  })
})

describe('X4 the size of functions', () => {
  it('a warning from 10 MB on, an error from 100 MB on, both naming the largest captures', () => {
    const program = `
      const large = 'x'.repeat(11e6)
      const small = 'y'.repeat(1e6)
      console.log(await get(remote(function look() { return large.length + small.length }).remote()))
      await get(remote(() => large.length).remote())
      const huge = new Uint8Array(101e6)
      try { remote(function tooMuch() { return huge.length }).remote() } catch (error) { console.log(error.name, error.message) }`
    const { stdout, stderr } = run(program)
    expect(stderr).toMatch(
      /LargeFunctionWarning: look is 12\.0 MB .*large of look \(11\.0 MB\), small of look \(1\.00 MB\)/,
    )
    expect(stderr).toContain('large of an anonymous function (11.0 MB)')
    expect(stdout).toMatch(/^12000000\nRangeError tooMuch is 101 MB .*The limit is 100 MB/)
  })
})

describe('X11 buffers', () => {
  it('SharedArrayBuffers are shared: both sides see what the other writes', () => {
    const program = `
      const counter = new Int32Array(new SharedArrayBuffer(8))
      const adds = remote((view) => { for (let i = 0; i < 1000; i++) Atomics.add(view, 0, 1) })
      await get([adds.remote(counter), adds.remote(counter)])
      const captured = remote(() => Atomics.add(counter, 1, 5))
      await get(captured.remote())
      console.log(counter[0], counter[1])`
    expect(run(program).stdout).toBe('2000 5\n')
  })

  it('ArrayBuffers are copied, and moved where the caller gives them away', () => {
    const program = `
      const sum = remote((view) => view.reduce((a, b) => a + b, 0))
      const copied = new Float64Array(100_000).fill(1)
      const moved = new Float64Array(100_000).fill(2)
      const refs = [sum.remote(copied), sum.remote(transfer(moved, [moved.buffer]))]
      console.log(copied.length, moved.length, (await get(refs)).join())
      const makes = remote(() => { const made = new Float64Array(100_000).fill(3); return transfer(made, [made.buffer]) })
      const made = makes.remote()
      console.log((await get(sum.remote(made))), (await get(made)).length)
      const stored = put(copied)
      copied.fill(9)
      console.log(await get(sum.remote(stored)), (await get(stored))[0])`
    expect(run(program).stdout).toBe('100000 0 100000,200000\n300000 100000\n100000 1\n')
  })
})
