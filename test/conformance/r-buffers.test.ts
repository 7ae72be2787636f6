// R4 and R5: buffers that travel beside the bundle, within a process and from one to another.
import { expect } from 'vitest'
import { goalTest } from '../support/goal.ts'
import { runScript } from '../support/script.ts'

/** Run at both sides. */
const shared = `
const pack = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
const unpack = (text) => new Uint8Array(Buffer.from(text, 'base64'))
`

interface Sent {
  readonly bundle: string
  readonly buffers: readonly string[]
}

const send = (value: string, callback = '(buffer) => void buffers.push(buffer)') =>
  runScript<Sent>(`${shared}
    const buffers = []
    const bundle = cornichon.dumps(${value}, { bufferCallback: ${callback} })
    await report({ bundle: pack(bundle), buffers: buffers.map((buffer) => pack(buffer.bytes)) })`)

const receive = <T>(sent: Sent, text: string) =>
  runScript<T>(
    `${shared}
    const sent = JSON.parse(readFileSync('sent.json', 'utf8'))
    const bundle = unpack(sent.bundle)
    const received = sent.buffers.map(unpack)
    ${text}`,
    { files: { 'sent.json': JSON.stringify(sent) } },
  )

goalTest('R4', 'falsy takes a buffer out of band, truthy keeps it in, and each is offered once', async () => {
  const sent = await send(
    `(() => {
      const out = new ArrayBuffer(5000), kept = new Uint8Array(4000).fill(7).buffer
      const numbers = new Float64Array(out, 8, 4).fill(1.5)
      const bytes = new Uint8Array(out)
      const keptViews = [new Uint8Array(kept, 1, 3), new DataView(kept)]
      return { numbers, bytes, keptViews, read: () => numbers[0] + bytes.length + keptViews[0][0] }
    })()`,
    '(buffer) => { buffers.push(buffer); return buffer.byteLength === 4000 }',
  )
  expect(sent.buffers.map((text) => Buffer.from(text, 'base64').length).sort()).toEqual([4000, 5000])
  const out = sent.buffers.filter((text) => Buffer.from(text, 'base64').length === 5000)
  const bundle = Buffer.from(sent.bundle, 'base64')
  expect(bundle.length).toBeGreaterThan(4000)
  expect(bundle.length).toBeLessThan(8000)
  const result = await receive(
    { ...sent, buffers: out },
    `const copy = cornichon.loads(bundle, { buffers: received })
    await report([
      copy.read(), [...copy.numbers], copy.numbers.buffer === copy.bytes.buffer,
      copy.keptViews[0].buffer === copy.keptViews[1].buffer, copy.keptViews[0].buffer !== copy.bytes.buffer,
      copy.bytes.buffer === received[0].buffer,
    ])`,
  )
  expect(result).toEqual([1.5 + 5000 + 7, [1.5, 1.5, 1.5, 1.5], true, true, true, true])
})

goalTest('R4', 'missing, short, ill-sized, surplus and alien buffers are named', async () => {
  const sent = await send('[new Uint8Array(300).fill(1), new Uint8Array(200).fill(2)]')
  const result = await receive<string[]>(
    sent,
    `const attempts = [undefined, {}, { buffers: [] }, { buffers: received.slice(1) }, { buffers: [...received].reverse() },
      { buffers: [...received, new ArrayBuffer(1)] }, { buffers: [received[0], 'text'] },
      { buffers: { *[Symbol.iterator]() { for (;;) yield received[0] } } }]
    const messages = []
    for (const options of attempts) for (const load of [cornichon.loads, cornichon.loadsAsync]) {
      try { await load(bundle, options); messages.push('loaded') }
      catch (error) { messages.push(error instanceof cornichon.UnpicklingError ? error.message : String(error)) }
    }
    assert.equal((await cornichon.loadsAsync(bundle, { buffers: new Set(received) }))[1][0], 2)
    assert.throws(() => cornichon.loads(bundle, { buffers: 7 }), TypeError)
    await report(messages)`,
  )
  const patterns = [
    /needs 2 buffers that travelled/,
    /needs 2 buffers that travelled/,
    /needs 2 buffers, and the option buffers has 0/,
    /has 1:/,
    /buffer 0 .* has 200 bytes, and the bundle needs 300/,
    /has more/,
    /buffer 1 .* is no buffer/,
    /has more/,
  ]
  expect(result).toHaveLength(patterns.length * 2)
  for (const [i, message] of result.entries()) expect(message).toMatch(patterns[i >> 1])
})

goalTest('R5', 'within a process, the copy has the very buffers of the original', async () => {
  const result = await runScript(`
    const fixed = new ArrayBuffer(4096), shared = new SharedArrayBuffer(64)
    const resizable = new ArrayBuffer(16, { maxByteLength: 64 })
    const pooled = Buffer.from('out of the pool')
    const value = {
      fixed, view: new Float64Array(fixed, 16, 3), data: new DataView(fixed, 1), shared, atomics: new Int32Array(shared),
      tracking: new Uint8Array(resizable), pooled, again: pooled, wrapped: new cornichon.OutOfBand(new Uint8Array(fixed, 100, 50)),
    }
    const buffers = []
    const bundle = cornichon.dumps(value, { bufferCallback: (buffer) => void buffers.push(buffer) })
    const copy = cornichon.loads(bundle, { buffers })
    resizable.resize(32)
    await report({
      offered: buffers.map(({ byteOffset, byteLength, buffer, bytes }) => [
        buffer === pooled.buffer ? byteOffset === pooled.byteOffset : byteOffset, byteLength, bytes.length,
      ]),
      fixed: copy.fixed === fixed, view: copy.view.buffer === fixed && copy.view.byteOffset === 16 && copy.view.length === 3,
      data: copy.data.buffer === fixed && copy.data.byteOffset === 1,
      shared: copy.shared === shared && copy.atomics.buffer === shared,
      tracking: copy.tracking.buffer === resizable && copy.tracking.length === 32,
      pooled: copy.pooled.buffer === pooled.buffer && copy.pooled.toString() === 'out of the pool' && copy.again === copy.pooled,
      wrapped: copy.wrapped instanceof Uint8Array && copy.wrapped.buffer === fixed && copy.wrapped.byteOffset === 100 && copy.wrapped.length === 50,
      small: bundle.length < 400,
    })`)
  expect(result).toEqual({
    offered: [
      [0, 4096, 4096],
      [0, 64, 64],
      [0, 16, 16],
      [true, 15, 15],
      [100, 50, 50],
    ],
    ...{ fixed: true, view: true, data: true, shared: true, tracking: true, pooled: true, wrapped: true },
    small: true,
  })
})

goalTest('R5', 'elsewhere, views are of the received bytes, wherever these are', async () => {
  const sent = await send(`(() => {
    const numbers = new Float64Array(8).fill(2.5)
    const odd = new Float32Array([1, 2, 3])
    const fixed = new ArrayBuffer(24)
    return {
      numbers, part: numbers.subarray(2, 4), odd, pooled: Buffer.from('pooled'), fixed, ofFixed: new Uint8Array(fixed),
      shared: new Int32Array(new SharedArrayBuffer(8)), resizable: new Uint8Array(new ArrayBuffer(4, { maxByteLength: 8 })),
    }
  })()`)
  const result = await receive<Record<string, boolean>>(
    sent,
    `const message = new ArrayBuffer(4096)
    let at = 0
    const buffers = received.map((bytes, i) => {
      if (i !== 1) at = Math.ceil(at / 8) * 8
      else at = Math.ceil(at / 8) * 8 + 1
      const view = new Uint8Array(message, at, bytes.length)
      view.set(bytes)
      at += bytes.length
      return view
    })
    const copy = cornichon.loads(bundle, { buffers })
    assert.deepEqual([...copy.numbers], new Array(8).fill(2.5))
    assert.deepEqual([...copy.odd], [1, 2, 3])
    assert.equal(copy.pooled.toString(), 'pooled')
    copy.ofFixed[3] = 9
    copy.resizable.buffer.resize(8)
    await report({
      numbers: copy.numbers.buffer === message && copy.part.buffer === message && copy.part.byteOffset === copy.numbers.byteOffset + 16,
      pooled: Buffer.isBuffer(copy.pooled) && copy.pooled.buffer === message,
      'misaligned bytes are copied': copy.odd.buffer !== message,
      'an ArrayBuffer of its own is whole': copy.fixed.byteLength === 24 && new Uint8Array(copy.fixed)[3] === 9,
      'shared memory is shared': copy.shared.buffer instanceof SharedArrayBuffer,
      'a resizable buffer is one': copy.resizable.length === 8,
    })`,
  )
  for (const [what, holds] of Object.entries(result)) expect([what, holds]).toEqual([what, true])
})
