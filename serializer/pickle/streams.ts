// Messages on a stream: each is a frame, its length and its bytes. Node and web streams around a Pickler and an
// Unpickler, that take no more than their consumer asks for.
import { Duplex, Transform } from 'node:stream'
import { types } from 'node:util'
import { isMessageStart } from '../bundle/container.ts'
import { exceeded } from '../bundle/limits.ts'
import { isSignedStart } from '../bundle/signature.ts'
import { varintSize, writeVarint } from '../bundle/varint.ts'
import { UnpicklingError } from '../errors.ts'
import { joined } from './chunks.ts'

/** A varint of a message's length takes no more. */
const LONGEST_LENGTH = 7

/** Pieces below this are gathered in blocks: an object for each would take many times the memory of its bytes. */
const SMALL_PIECE = 1024
const BLOCK_SIZE = 16_384

/** The length, a varint, then the message. */
export function frame(message: Uint8Array): Uint8Array {
  const { length } = message
  const bytes = new Uint8Array(varintSize(length) + length)
  bytes.set(message, writeVarint(bytes, 0, length))
  return bytes
}

/** Finds the messages in bytes that come in pieces of any size. */
export class Framer {
  readonly #maxBytes: number
  readonly #chunks: Uint8Array[] = []
  #size = 0
  #block = new Uint8Array(0)
  #blockUsed = 0
  /** The last chunk ends where the used part of the block does. */
  #endsInBlock = false
  /** Of the message that comes next, once that is known. */
  #wanted: number | null = null

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  push(chunk: unknown): void {
    if (!types.isUint8Array(chunk))
      throw new TypeError(
        `a stream of messages has Uint8Arrays, not ${chunk === null ? 'null' : typeof chunk}`,
      )
    if (chunk.length === 0) return
    this.#size += chunk.length
    if (this.#chunks.length > 0 && chunk.length < SMALL_PIECE) this.#gather(chunk)
    else {
      this.#chunks.push(chunk)
      this.#endsInBlock = false
    }
  }

  #gather(chunk: Uint8Array): void {
    const { length } = chunk
    if (this.#blockUsed + length > this.#block.length) this.#beginBlock(BLOCK_SIZE)
    this.#block.set(chunk, this.#blockUsed)
    const last = this.#endsInBlock ? this.#chunks.pop()!.length : 0
    this.#chunks.push(this.#block.subarray(this.#blockUsed - last, this.#blockUsed + length))
    this.#blockUsed += length
    this.#endsInBlock = true
  }

  #beginBlock(size: number): void {
    this.#block = new Uint8Array(size)
    this.#blockUsed = 0
    this.#endsInBlock = false
  }

  /** The next message that is there whole, else null. Throws UnpicklingError as soon as it is seen to be none. */
  next(): Uint8Array | null {
    if (this.#wanted === null && !this.#readLength()) return null
    const wanted = this.#wanted!
    const first = this.#chunks[0]
    if (first !== undefined && !isMessageStart(first) && !isSignedStart(first))
      throw new UnpicklingError('the stream has something else where a message should begin')
    if (this.#size < wanted) return null
    this.#wanted = null
    return this.#take(wanted)
  }

  /** Throws UnpicklingError if the stream ended within a message. */
  end(): void {
    if (this.#wanted === null && this.#size === 0) return
    const of = this.#wanted === null ? '' : ` of ${this.#wanted}`
    throw new UnpicklingError(
      `the stream ended within a message: ${this.#size} bytes${of} are there. It was cut off`,
    )
  }

  #readLength(): boolean {
    let value = 0
    let scale = 1
    const most = Math.min(this.#size, LONGEST_LENGTH + 1)
    for (let i = 0; i < most; i++) {
      const byte = this.#byte(i)
      value += (byte & 0x7f) * scale
      scale *= 0x80
      if (byte >= 0x80) continue
      if (value === 0) throw new UnpicklingError('the stream has an empty message')
      if (value > this.#maxBytes)
        throw exceeded('maxBytes', this.#maxBytes, `${value} bytes (as its frame in the stream says)`)
      this.#take(i + 1)
      this.#wanted = value
      return true
    }
    if (most > LONGEST_LENGTH)
      throw new UnpicklingError('the stream has something else where a message should begin')
    return false
  }

  #byte(at: number): number {
    for (const chunk of this.#chunks) {
      if (at < chunk.length) return chunk[at]
      at -= chunk.length
    }
    return 0
  }

  /** The next bytes, copied only if they came in several pieces. */
  #take(count: number): Uint8Array {
    const chunks = this.#chunks
    this.#size -= count
    let whole = 0
    while (whole < chunks.length && chunks[whole].length <= count) count -= chunks[whole++].length
    const taken = chunks.splice(0, whole)
    if (count > 0) {
      taken.push(chunks[0].subarray(0, count))
      chunks[0] = chunks[0].subarray(count)
    }
    // A message may stay in use as it is: what comes next has a block of its own.
    if (chunks.length === 0) this.#beginBlock(0)
    return joined(taken)
  }
}

/** Values in, bytes out. */
export function picklerStream(write: (value: unknown) => Uint8Array): Duplex {
  return new Transform({
    writableObjectMode: true,
    transform(value, _encoding, done) {
      try {
        done(null, write(value))
      } catch (error) {
        done(error as Error)
      }
    },
  })
}

/** A value on its way through promises, which would give a promise's value in its place. */
export interface Boxed {
  readonly value: unknown
}

/** The values themselves: `yield` would await them. */
export function unboxed(boxes: AsyncGenerator<Boxed, void, void>): AsyncGenerator<unknown, void, void> {
  const result = ({ done, value }: IteratorResult<Boxed, void>): IteratorResult<unknown, void> =>
    done ? { done: true, value: undefined } : { done: false, value: (value as Boxed).value }
  const values = {
    next: async () => result(await boxes.next()),
    return: async () => result(await boxes.return()),
    throw: async (error: unknown) => result(await boxes.throw(error)),
    [Symbol.asyncIterator]: () => values,
  } as AsyncGenerator<unknown, void, void>
  const { asyncDispose } = Symbol as { readonly asyncDispose?: symbol }
  if (asyncDispose !== undefined)
    Reflect.defineProperty(values, asyncDispose, { value: async () => void (await boxes.return()) })
  return values
}

type Done = (error?: Error | null) => void

/** Bytes in, values out: each is loaded when there is room for it. */
export function unpicklerStream(framer: Framer, load: (message: Uint8Array) => Promise<Boxed>): Duplex {
  /** Called when all messages of the last piece were read: only then comes the next one. */
  let written: Done | null = null
  let held: Uint8Array | null = null
  let isWanted = false
  let isLoading = false
  const pump = (): void => {
    if (isLoading || stream.destroyed) return
    try {
      held ??= framer.next()
    } catch (error) {
      stream.destroy(error as Error)
      return
    }
    if (held === null) {
      const done = written
      written = null
      done?.()
    } else if (isWanted) {
      const message = held
      held = null
      give(message)
    }
  }
  const give = (message: Uint8Array): void => {
    isLoading = true
    load(message).then(
      ({ value }) => {
        isLoading = false
        if (value === null)
          return stream.destroy(
            new UnpicklingError(
              'a message is null, which ends a stream of Node: read it with values() or webStream()',
            ),
          )
        isWanted = stream.push(value)
        pump()
      },
      (error) => stream.destroy(error),
    )
  }
  const stream = new Duplex({
    readableObjectMode: true,
    write(chunk, _encoding, done) {
      try {
        framer.push(chunk)
      } catch (error) {
        return done(error as Error)
      }
      written = done
      pump()
    },
    read() {
      isWanted = true
      pump()
    },
    final(done) {
      // The last piece was read to its end before.
      try {
        framer.end()
        stream.push(null)
        done()
      } catch (error) {
        done(error as Error)
      }
    },
  })
  return stream
}

/** Two ends of web streams, as `pipeThrough` takes them. */
export interface WebPair {
  readonly readable: ReadableStream<unknown>
  readonly writable: WritableStream<Uint8Array>
}

/** A pair of web streams around a generator that turns the bytes into values. */
export function webStream(
  values: (source: AsyncIterable<Uint8Array>) => AsyncGenerator<unknown, void, void>,
): WebPair {
  const through = new TransformStream<Uint8Array, Uint8Array>()
  const source = through.readable.getReader()
  const chunks = { [Symbol.asyncIterator]: () => ({ next: () => source.read() }) }
  const generator = values(chunks as AsyncIterable<Uint8Array>)
  const readable = new ReadableStream<unknown>(
    {
      async pull(controller) {
        try {
          const { done, value } = await generator.next()
          if (done) controller.close()
          else controller.enqueue(value)
        } catch (error) {
          await source.cancel(error)
          throw error
        }
      },
      // Who writes is told why, also while the next message is waited for.
      cancel: (reason) => source.cancel(reason),
    },
    { highWaterMark: 0 },
  )
  return { readable, writable: through.writable }
}
