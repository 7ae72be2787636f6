// Streams of values: Node's and the web's, whole and in pieces, with slow ends.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { PassThrough, Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { MessageChannel, Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { dumps, Pickler, Unpickler, UnpicklingError } from '../../serializer/index.ts'
import { collect } from '../support/collect.ts'
import { distUrl, nodeBinary } from '../support/paths.ts'

const shared = { name: 'shared' }
const values = [
  1,
  'text',
  { a: [1, 2], shared },
  [shared],
  undefined,
  new Map([[shared, 1]]),
  new Uint8Array(100_000),
]

function written(list: readonly unknown[] = values): Buffer {
  const pickler = new Pickler()
  return Buffer.concat(list.map((value) => pickler.frame(value)))
}

async function gathered(source: AsyncIterable<unknown>): Promise<unknown[]> {
  const list: unknown[] = []
  for await (const value of source) list.push(value)
  return list
}

function* pieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

describe('Node streams', () => {
  test('values go in at one end and come out at the other, over one memo', async () => {
    const end = Readable.from(values).pipe(new Pickler().stream()).pipe(new Unpickler().stream())
    const list = (await gathered(end)) as any[]
    expect(list).toEqual(values)
    expect(list[3][0]).toBe(list[2].shared)
    expect([...list[5].keys()][0]).toBe(list[2].shared)
  })

  test.each([1, 2, 3, 17, 1000, 1e6])('bytes may be split anywhere: %i at a time', async (size) => {
    const bytes = written(values.slice(0, 6))
    const chunks = [...pieces(bytes, size)]
    expect(await gathered(Readable.from(chunks).pipe(new Unpickler().stream()))).toEqual(values.slice(0, 6))
    expect(await gathered(new Unpickler().values(chunks))).toEqual(values.slice(0, 6))
    const web = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(chunk)
        controller.close()
      },
    })
    expect(await gathered(web.pipeThrough(new Unpickler().webStream()) as any)).toEqual(values.slice(0, 6))
  })

  test.each([1, 7, 1e6])('messages may be signed: %i bytes at a time', async (size) => {
    const secret = new Uint8Array(32).fill(1)
    const pickler = new Pickler({ sign: secret })
    const frames = [1, { a: 1 }, [2, 3]].map((value) => pickler.frame(value))
    const chunks = [...pieces(Buffer.concat(frames), size)]
    const unpickler = () => new Unpickler({ verify: secret })
    expect(await gathered(unpickler().values(chunks))).toEqual([1, { a: 1 }, [2, 3]])
    expect(await gathered(Readable.from(chunks).pipe(unpickler().stream()))).toEqual([1, { a: 1 }, [2, 3]])
    const web = Readable.toWeb(Readable.from(chunks)) as ReadableStream<Uint8Array>
    expect(await gathered(web.pipeThrough(unpickler().webStream()) as any)).toEqual([1, { a: 1 }, [2, 3]])
    const mixed = [...pieces(Buffer.concat([frames[0], written([2])]), size)]
    await expect(gathered(unpickler().values(mixed))).rejects.toThrow(/is not signed/)
  })

  test('a stream that ends within a message is an UnpicklingError; one that ends between two is not', async () => {
    const bytes = written([{ a: 1 }, [2, 3], 'x'.repeat(100)])
    let whole = 0
    for (let size = 0; size < bytes.length; size++) {
      const part = [bytes.subarray(0, size)]
      const outcome = await gathered(Readable.from(part).pipe(new Unpickler().stream())).catch(
        (error) => error,
      )
      if (Array.isArray(outcome)) whole++
      else expect(outcome).toBeInstanceOf(UnpicklingError)
      const again = await gathered(new Unpickler().values(part)).catch((error) => error)
      expect(Array.isArray(again)).toBe(Array.isArray(outcome))
    }
    expect(whole).toBe(3)
  })

  test('garbage is told as soon as it is there, and nothing waits for what it claims', async () => {
    const garbage = [
      Buffer.from('HTTP/1.1 400 Bad Request'),
      Buffer.alloc(40, 0xff),
      Buffer.from([0]),
      Buffer.from([9, 1]),
    ]
    for (const bytes of garbage) {
      const stream = new Unpickler().stream()
      stream.on('data', () => {})
      stream.write(bytes)
      const [error] = await once(stream, 'error')
      expect(error).toBeInstanceOf(UnpicklingError)
      await expect(gathered(new Unpickler().values([written([1]), bytes]))).rejects.toThrow(UnpicklingError)
      const { readable, writable } = new Unpickler().webStream()
      writable
        .getWriter()
        .write(bytes)
        .catch(() => {})
      await expect(readable.getReader().read()).rejects.toThrow(UnpicklingError)
    }
    const damaged = written([{ a: 1 }])
    damaged[damaged.length - 2] ^= 1
    await expect(gathered(new Unpickler().values([damaged]))).rejects.toThrow(/checksum/)
    await expect(
      gathered(new Unpickler({ limits: { maxBytes: 1000 } }).values([written(['x'.repeat(2000)])])),
    ).rejects.toThrow(/maxBytes/)
    await expect(gathered(new Unpickler().values(['text' as never]))).rejects.toThrow(TypeError)
  })

  test('a value that is refused ends the stream with its error', async () => {
    const timer = setTimeout(() => {}, 0)
    clearTimeout(timer)
    await expect(
      pipeline(Readable.from([1, { timer }]), new Pickler().stream(), new PassThrough()),
    ).rejects.toThrow(/timer/)
    const stream = new Unpickler().stream()
    stream.on('data', () => {})
    stream.end(written([null]))
    expect((await once(stream, 'error'))[0].message).toMatch(/null/)
    expect(await gathered(new Unpickler().values([written([null, undefined])]))).toEqual([null, undefined])
    expect(() => new Pickler({ bufferCallback: () => {} }).stream()).toThrow(/out of band/)
    expect(() => new Pickler({ bufferCallback: () => {} }).webStream()).toThrow(/out of band/)
  })

  test('a slow consumer holds the sender back: neither end reads ahead without limit', async () => {
    let made = 0
    let taken = 0
    let most = 0
    const source = Readable.from(
      (function* () {
        for (; made < 300; made++) yield { n: made, text: 'x'.repeat(1000) }
      })(),
      { highWaterMark: 1 },
    )
    const slow = new Writable({
      objectMode: true,
      highWaterMark: 1,
      write(value, _, done) {
        expect(value.n).toBe(taken++)
        most = Math.max(most, made - taken)
        setImmediate(done)
      },
    })
    await pipeline(source, new Pickler().stream(), new Unpickler().stream(), slow)
    expect(taken).toBe(300)
    // A few of 1 kB, as each stream's highWaterMark (16 objects, or 16 to 64 KiB) says.
    expect(most).toBeLessThan(200)
  })

  test('of many messages in one piece, only those are loaded that there is room for', async () => {
    const mark = {}
    const persistentId = (object: object) => (object === mark ? 'mark' : null)
    const pickler = new Pickler({ memo: 'message', persistentId })
    const bytes = Buffer.concat(Array.from({ length: 500 }, (_, i) => pickler.frame([i, mark])))
    let loaded = 0
    const unpickler = new Unpickler({ persistentLoad: () => ++loaded })
    const stream = unpickler.stream()
    stream.write(bytes)
    stream.read(0)
    for (let i = 0; i < 50; i++) await new Promise(setImmediate)
    expect(loaded).toBeLessThan(20)
    expect(stream.read()).toEqual([0, 1])
    stream.end()
    expect((await gathered(stream)).length).toBe(499)
    expect(loaded).toBe(500)
  })
})

describe('web streams', () => {
  test('values go in at one end and come out at the other', async () => {
    const source = new ReadableStream({
      start(controller) {
        for (const value of [...values, null]) controller.enqueue(value)
        controller.close()
      },
    })
    const end = source.pipeThrough(new Pickler().webStream()).pipeThrough(new Unpickler().webStream())
    expect(await gathered(end as any)).toEqual([...values, null])
  })

  test('a slow consumer holds the sender back', async () => {
    let made = 0
    const source = new ReadableStream({
      pull(controller) {
        controller.enqueue({ n: made++ })
        if (made === 200) controller.close()
      },
    })
    const reader = source
      .pipeThrough(new Pickler().webStream())
      .pipeThrough(new Unpickler().webStream())
      .getReader()
    for (let taken = 0; taken < 200; taken++) {
      expect((await reader.read()).value).toEqual({ n: taken })
      await new Promise(setImmediate)
      expect(made - taken).toBeLessThan(10)
    }
    expect((await reader.read()).done).toBe(true)
  })

  test('a reader that cancels ends the writer too', async () => {
    const { readable, writable } = new Unpickler().webStream()
    const writer = writable.getWriter()
    writer.write(written([1, 2])).catch(() => {})
    const reader = readable.getReader()
    expect((await reader.read()).value).toBe(1)
    await reader.cancel('enough')
    await expect(writer.write(written([3]))).rejects.toBe('enough')
  })

  test('a reader that cancels while it waits for a message ends the writer too', async () => {
    const { readable, writable } = new Unpickler().webStream()
    const writer = writable.getWriter()
    const reader = readable.getReader()
    const pending = reader.read()
    await writer.write(written([1]).subarray(0, 5))
    await reader.cancel('enough')
    expect(await pending).toEqual({ done: true, value: undefined })
    await expect(writer.closed).rejects.toBe('enough')
  })

  test('who writes what is no message is told so', async () => {
    const { readable, writable } = new Unpickler().webStream()
    const writer = writable.getWriter()
    writer.write(Uint8Array.of(9, 9, 9, 9, 9, 9, 9, 9, 9, 9)).catch(() => {})
    await expect(readable.getReader().read()).rejects.toThrow(UnpicklingError)
    await expect(writer.closed).rejects.toThrow(UnpicklingError)
  })
})

describe('elsewhere', () => {
  test('values, functions among them, go to another process and back through its pipes', async () => {
    const child = spawn(
      nodeBinary,
      [
        '--input-type=module',
        '-e',
        `const { Pickler, Unpickler } = await import(${JSON.stringify(distUrl)})
         const out = new Pickler().stream()
         out.pipe(process.stdout)
         for await (const value of process.stdin.pipe(new Unpickler().stream())) out.write(typeof value === 'function' ? value(20) : { echo: value })
         out.end()`,
      ],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    )
    const add = (by: number) => by + 22
    const list = [{ a: 1 }, add, shared, [shared], new Uint8Array(200_000).fill(3)]
    Readable.from(list).pipe(new Pickler().stream()).pipe(child.stdin)
    const answers = (await gathered(child.stdout.pipe(new Unpickler().stream()))) as any[]
    expect(answers.map((answer) => answer.echo ?? answer)).toEqual([{ a: 1 }, 42, shared, [shared], list[4]])
    expect(answers[3].echo[0]).toBe(answers[2].echo)
  })

  test('messages go through a MessagePort to a worker and back', async () => {
    const worker = new Worker(
      `import(${JSON.stringify(distUrl)}).then(({ Pickler, Unpickler }) => {
         const { parentPort } = require('node:worker_threads')
         const pickler = new Pickler(), unpickler = new Unpickler()
         parentPort.on('message', (bytes) => parentPort.postMessage(pickler.dump(unpickler.load(bytes))))
         parentPort.postMessage('ready')
       })`,
      { eval: true },
    )
    try {
      await once(worker, 'message')
      const pickler = new Pickler()
      const unpickler = new Unpickler()
      const echo = async (value: unknown) => {
        worker.postMessage(pickler.dump(value))
        const [bytes] = await once(worker, 'message')
        return unpickler.load<any>(bytes)
      }
      const first = await echo({ shared })
      const second = await echo([shared])
      expect(first).toEqual({ shared })
      expect(second[0]).toBe(first.shared)
    } finally {
      await worker.terminate()
    }
    new MessageChannel().port1.close()
  })

  test('bundles of dumps in frames are read, too', async () => {
    const bundle = dumps({ whole: true })
    expect(
      await gathered(new Unpickler().values([Buffer.concat([Buffer.from([bundle.length]), bundle])])),
    ).toEqual([{ whole: true }])
  })
})

function iterated(stream: Readable): AsyncIterable<unknown> {
  const list: unknown[] = []
  stream.on('data', (value) => list.push(value))
  const next = async () => {
    if (list.length === 0 && !stream.readableEnded) await once(stream, 'end')
    return { done: list.length === 0, value: list.shift() }
  }
  return { [Symbol.asyncIterator]: () => ({ next }) }
}

test('promises, and what has a then, come out of a stream as they went in', async () => {
  const thenable = {
    then() {
      throw new Error('it was called')
    },
  }
  const sent = () => written([Promise.resolve(1), thenable, [thenable]])
  const given = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(sent())
      controller.close()
    },
  })
  for (const source of [
    new Unpickler().values([sent()]),
    // (Node's own iterator of a stream awaits what it gives.)
    iterated(Readable.from([sent()]).pipe(new Unpickler().stream())),
    given.pipeThrough(new Unpickler().webStream()) as unknown as AsyncIterable<unknown>,
  ]) {
    const [promise, first, [second]] = (await gathered(source)) as any[]
    expect(promise).toBeInstanceOf(Promise)
    expect(await promise).toBe(1)
    expect([typeof first.then, first]).toEqual(['function', second])
  }
})

test('a message in many small pieces takes no more memory than its bytes, and no time for each piece by all others', async () => {
  const bytes = new Pickler().frame('a'.repeat(200_000))
  const sizes: number[] = []
  function* bits() {
    for (let at = 0; at < bytes.length; at++) {
      if (at % 10_000 === 0) {
        collect()
        sizes.push(process.memoryUsage().heapUsed)
      }
      yield Uint8Array.of(bytes[at])
    }
  }
  const [text] = (await gathered(new Unpickler().values(bits()))) as [string]
  expect(text).toHaveLength(200_000)
  expect(Math.max(...sizes) - sizes[0]).toBeLessThan(4e6)
})

test('values() can be left, and says what it can not read', async () => {
  let isOpen = true
  function* source() {
    try {
      for (;;) yield written([1, 2])
    } finally {
      isOpen = false
    }
  }
  for await (const value of new Unpickler().values(source())) {
    expect(value).toBe(1)
    break
  }
  expect(isOpen).toBe(false)
  await expect(gathered(new Unpickler().values(null as never))).rejects.toThrow(TypeError)
})
