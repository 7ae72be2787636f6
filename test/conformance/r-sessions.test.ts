// R6, and C14, C19 and C20 for data: several values over one memo, from one process to another.
import { expect } from 'vitest'
import { goalTest } from '../support/goal.ts'
import { distUrl } from '../support/paths.ts'
import { runScript } from '../support/script.ts'

goalTest('R6', 'several values over one memo, to another process by a stream', async () => {
  const result = await runScript(`
    const cornichonUrl = ${JSON.stringify(distUrl)}
    const { spawn } = await import('node:child_process')
    const { Readable } = await import('node:stream')
    const { Pickler, Unpickler } = cornichon
    const child = spawn(process.execPath, ['--input-type=module', '-e', \`
      const { Unpickler } = await import(\${JSON.stringify(cornichonUrl)})
      const seen = []
      for await (const value of process.stdin.pipe(new Unpickler().stream())) seen.push(value)
      console.log(JSON.stringify([seen[1][0] === seen[0].user, seen[2](1), seen[3] === seen[2], seen[1][0].name]))\`],
      { stdio: ['pipe', 'pipe', 'inherit'] })
    const user = { name: 'ada' }
    const values = (function* () {
      yield { user }
      yield [user]
      let n = 40
      const fn = (by) => (n += by) + 1
      yield fn
      yield fn
    })()
    Readable.from(values).pipe(new Pickler().stream()).pipe(child.stdin)
    let output = ''
    for await (const chunk of child.stdout) output += chunk
    await report(JSON.parse(output))`)
  expect(result).toEqual([true, 42, true, 'ada'])
})

goalTest('C14', 'data 200,000 deep travels, alone and within a session', async () => {
  const result = await runScript(`
    let deep = null
    for (let i = 0; i < 200_000; i++) deep = i % 2 ? { next: deep } : [deep]
    const depthOf = (at) => { let depth = 0; for (; at; at = Array.isArray(at) ? at[0] : at.next) depth++; return depth }
    const { Pickler, Unpickler } = cornichon
    const pickler = new Pickler(), unpickler = new Unpickler()
    await report([cornichon.loads(cornichon.dumps(deep)), unpickler.load(pickler.dump(deep)), unpickler.load(pickler.dump({ deep })).deep].map(depthOf))`)
  expect(result).toEqual([200_000, 200_000, 200_000])
})

const same = `
  const records = Array.from({ length: 300 }, (_, i) => ({ id: i, when: new Date(i), tags: new Set(['a', i]), price: i / 3 }))
  const pickler = new cornichon.Pickler()
  const all = [
    cornichon.dumps(records), cornichon.dumps(records, { compress: 'gzip' }), cornichon.dumps(records, { compress: 'brotli' }),
    pickler.dump(records[0]), pickler.dump(records), pickler.dump(new Map([[records[7], records]])),
  ]
  await report(all.map((bytes) => Buffer.from(bytes).toString('base64')).join())`

goalTest(
  'C19',
  'the same data gives the same bytes in another process: whole, compressed, in a session',
  async () => {
    expect(await runScript(same)).toBe(await runScript(same))
  },
)

goalTest(
  'C20',
  'a session of 200,000 small messages stays within 100 MB; by message, nothing stays alive',
  async () => {
    const result = await runScript(
      `const settle = async () => { for (let i = 0; i < 5; i++) { gc(); await new Promise((resolve) => setTimeout(resolve, 10)) } }
    const used = () => { const { heapUsed, external } = process.memoryUsage(); return heapUsed + external }
    const { Pickler, Unpickler } = cornichon
    const message = (i) => ({ id: i, user: { name: 'user ' + i, roles: ['a', 'b'] }, sort: [{ field: 'price' }] })
    const run = async (options) => {
      const pickler = new Pickler(options), unpickler = new Unpickler()
      await settle()
      const before = used()
      let most = 0
      let last
      for (let i = 0; i < 200_000; i++) {
        last = unpickler.load(pickler.dump(message(i)))
        if (i % 40_000 === 39_999) { await settle(); most = Math.max(most, used() - before) }
      }
      const weak = new WeakRef(last)
      last = null
      unpickler.load(pickler.dump(1))
      await settle()
      return { most, alive: weak.deref() !== undefined }
    }
    await report({ session: await run({}), message: await run({ memo: 'message' }) })`,
      { nodeArguments: ['--expose-gc'] },
    )
    expect(result.session.most).toBeLessThan(100e6)
    expect(result.message.most).toBeLessThan(5e6)
    expect(result.message.alive).toBe(false)
  },
)
