// Pickler and Unpickler: several values over one memo, as in Python's pickle. What was sent once (shapes, strings, and with
// it the objects themselves) is not sent again, which is also what makes small messages fast.
import type { Duplex } from 'node:stream'
import { Kind } from '../bundle/container.ts'
import { signed } from '../bundle/signature.ts'
import { beginCapture, endCapture } from '../capture/index.ts'
import { beginForData, end, withOriginals } from '../originals.ts'
import { beginWalk, importModules, makePolicy } from '../references/index.ts'
import { NO_DATA, SmallReader } from './data-reader.ts'
import { GraphWriter } from './graph-writer.ts'
import { type BundleBytes, type LoadOptions, type OpenBundle, openBundle, prepareLoading } from './open.ts'
import {
  checkNames,
  DUMP_CALL_OPTIONS,
  LOAD_CALL_OPTIONS,
  PICKLER_OPTIONS,
  UNPICKLER_OPTIONS,
} from './option-names.ts'
import type { BufferCallback } from './out-of-band.ts'
import { awaitable, read } from './read.ts'
import { reductionsOf } from './reductions.ts'
import { ReaderSession, WriterSession } from './session.ts'
import {
  type Boxed,
  Framer,
  frame,
  picklerStream,
  unboxed,
  unpicklerStream,
  type WebPair,
  webStream,
} from './streams.ts'
import { bundleOf, checkDumpOptions, type DumpOptions, dump, NO_CODE } from './write.ts'

export interface PicklerOptions extends DumpOptions {
  /**
   * 'session' (as pickle does): an object that was sent stays known, and later messages refer to it, as it was then. 'message':
   * only shapes and strings stay known, and nothing of the user's is kept alive.
   */
  readonly memo?: 'session' | 'message' | undefined
  /**
   * Objects that stay known, on both sides. The message after it was exceeded begins with an empty memo, as after
   * `clearMemo()`. 262,144: some 50 MB; Infinity for as many as memory has room for.
   */
  readonly memoLimit?: number | undefined
}

const MEMO_LIMIT = 2 ** 18

/** Writes several values over one memo. What it returns is for one Unpickler, each message once and in order. */
export class Pickler {
  readonly #options: PicklerOptions
  readonly #limit: number
  readonly #policy: ReturnType<typeof makePolicy>
  readonly #session = new WriterSession()
  /** Kept from message to message as long as these are nothing but data. */
  #writer: GraphWriter | null = null
  #isDumping = false

  constructor(options: PicklerOptions = {}) {
    checkNames('a Pickler', options, PICKLER_OPTIONS)
    const { memo = 'session', memoLimit = MEMO_LIMIT } = options
    if (memo !== 'session' && memo !== 'message')
      throw new TypeError(`the option memo is 'session' or 'message', not ${String(memo)}`)
    if (typeof memoLimit !== 'number' || !(memoLimit >= 0))
      throw new TypeError('the option memoLimit is a number of objects, from 0 on')
    checkDumpOptions(options)
    this.#options = options
    this.#limit = memo === 'message' ? -1 : memoLimit
    this.#policy = makePolicy(options)
  }

  /**
   * The value as the next message. What an earlier message had is referred to, as it was when it was sent. If it throws,
   * nothing was sent, and the next message goes on from the last one. `bufferCallback` is for this message alone. A message of up
   * to 1 KiB shares its memory with others, as Node's small Buffers do: `slice()` gives one that can be transferred.
   */
  dump(value: unknown, call?: { readonly bufferCallback?: BufferCallback }): Uint8Array {
    const isOutermost = beginForData()
    try {
      return signed(this.#dump(value, call), this.#options.sign)
    } finally {
      end(isOutermost)
    }
  }

  /** Begins anew: the next message refers to none before it, and sends again what is in it. */
  clearMemo(): void {
    this.#session.clear()
    this.#session.forgetShapes()
    this.#writer = null
  }

  /** The value as a frame of a stream: `stream()` and `webStream()` write such, and those of an Unpickler read them. */
  frame(value: unknown): Uint8Array {
    return frame(this.dump(value))
  }

  /** A Node stream: values are written to it, bytes are read from it. (Only null can't be written: it ends Node's streams.) */
  stream(): Duplex {
    this.#refuseBuffers()
    return picklerStream((value) => this.frame(value))
  }

  /** The same as a web stream. */
  webStream(): TransformStream<unknown, Uint8Array> {
    this.#refuseBuffers()
    return new TransformStream<unknown, Uint8Array>({
      transform: (value, controller) => controller.enqueue(this.frame(value)),
    })
  }

  #refuseBuffers(): void {
    if (this.#options.bufferCallback !== undefined)
      throw new TypeError(
        'a stream has no way beside it for buffers out of band: leave out bufferCallback, or send messages of dump() and their buffers yourself',
      )
  }

  /** Its memo can't take another value in the middle of one: code of the user's that asks for it is told. */
  #dump(value: unknown, call: { readonly bufferCallback?: BufferCallback } | undefined): Uint8Array {
    if (this.#isDumping)
      throw new TypeError(
        'this Pickler is in the middle of a message: a reducer or a callback that is called meanwhile can use dumps, or another Pickler',
      )
    this.#isDumping = true
    try {
      return this.#dumpMessage(value, call)
    } finally {
      this.#isDumping = false
    }
  }

  #dumpMessage(value: unknown, call: { readonly bufferCallback?: BufferCallback } | undefined): Uint8Array {
    this.#forget()
    if (call !== undefined) checkNames('dump of a Pickler', call, DUMP_CALL_OPTIONS)
    const options = call === undefined ? this.#options : { ...this.#options, ...call }
    const session = this.#session
    const message =
      (options.bufferCallback === undefined ? this.#dumpData(value, options) : null) ??
      this.#dumpWhole(value, options)
    session.commit()
    return message
  }

  /** What must not be known to this message any more. */
  #forget(): void {
    const session = this.#session
    const { memo } = session
    if (memo.count > this.#limit) {
      if (session.shapes.usesNodes) this.#writer = null
      session.clear()
      if (this.#limit < 0) session.shapes.release()
    }
    const writer = this.#writer
    if (writer !== null && session.isFull(writer)) {
      session.forgetShapes()
      this.#writer = null
    } else if (writer !== null && !writer.restart()) this.#writer = null
  }

  /** Most messages are data, which the writer of the last one can write. Null if this one is more. */
  #dumpData(value: unknown, options: PicklerOptions): Uint8Array | null {
    if (reductionsOf(options) !== null) return null
    const session = this.#session
    beginWalk()
    beginCapture()
    try {
      session.restart()
      const writer = (this.#writer ??= new GraphWriter(
        { policy: this.#policy, reductions: null, offers: null },
        null,
        null,
        session,
      ))
      writer.root(value)
      if (!writer.hasCode && !writer.missedImports && writer.buffers.divided === null)
        return bundleOf(value, writer, NO_CODE, options.compress, session)
    } catch {
      // What is wrong is told by a walk that keeps paths.
    } finally {
      endCapture()
    }
    return null
  }

  #dumpWhole(value: unknown, options: PicklerOptions): Uint8Array {
    this.#writer = null
    return dump(value, options, this.#session)
  }
}

export type UnpicklerOptions = Omit<LoadOptions, 'buffers'>

/** Of one that was made without options. */
const NO_OPTIONS: UnpicklerOptions = Object.freeze({})

/** Reads what one Pickler wrote, each message once and in order. */
export class Unpickler {
  readonly #options: UnpicklerOptions
  readonly #session: ReaderSession
  readonly #messages: SmallReader

  constructor(options: UnpicklerOptions = NO_OPTIONS) {
    checkNames('an Unpickler', options, UNPICKLER_OPTIONS)
    this.#options = options
    this.#session = new ReaderSession(prepareLoading(options).maxObjects)
    this.#messages = new SmallReader(this.#session)
  }

  /** The value of the next message. (A bundle of `dumps` is loaded too, by itself.) Throws as `loads` does. */
  load<T = unknown>(bytes: BundleBytes, call?: Pick<LoadOptions, 'buffers'>): T {
    const isOutermost = beginForData()
    try {
      if (call === undefined && this.#options === NO_OPTIONS) {
        const value = this.#messages.read(bytes)
        if (value !== NO_DATA) return value as T
      }
      const options = this.#optionsOf(call)
      return this.#read(openBundle(bytes, options), options, undefined) as T
    } finally {
      end(isOutermost)
    }
  }

  /** As `load`, and imports the ES modules that the message refers to. Await it before the next message is loaded. */
  async loadAsync<T = unknown>(bytes: BundleBytes, call?: Pick<LoadOptions, 'buffers'>): Promise<T> {
    const options = this.#optionsOf(call)
    const { value } = await this.#loadBoxed(bytes, options)
    return awaitable(value, options) as T
  }

  /** In a box, as a promise would not give promises, and would call what has a `then`. */
  async #loadBoxed(bytes: BundleBytes, options: LoadOptions): Promise<Boxed> {
    const bundle = withOriginals(() => openBundle(bytes, options))
    const modules = new Map<string, object>()
    await importModules(bundle.references, modules)
    return { value: withOriginals(() => this.#read(bundle, options, modules)) }
  }

  /**
   * The values of a stream that a Pickler's `stream()` or `webStream()` wrote, one after the other as they are asked for: from a
   * Node stream, a web stream, or anything that iterates over Uint8Arrays. Any value can come, null and undefined too.
   */
  values<T = unknown>(
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): AsyncGenerator<T, void, void> {
    return unboxed(this.#boxes(source)) as AsyncGenerator<T, void, void>
  }

  async *#boxes(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Boxed, void, void> {
    const framer = this.#framer()
    for await (const chunk of source) {
      framer.push(chunk)
      for (let message = framer.next(); message !== null; message = framer.next())
        yield await this.#loadBoxed(message, this.#options)
    }
    framer.end()
  }

  /** A Node stream: bytes are written to it, values are read from it. It can't give null: `values()` can. */
  stream(): Duplex {
    return unpicklerStream(this.#framer(), async (message) => {
      const box = await this.#loadBoxed(message, this.#options)
      // Node's own iterator of a stream awaits what it gives.
      awaitable(box.value, this.#options)
      return box
    })
  }

  /** The same as a web stream, for any value. */
  webStream(): WebPair {
    return webStream((source) => this.values(source))
  }

  #framer(): Framer {
    return new Framer(prepareLoading(this.#options).maxBytes)
  }

  #optionsOf(call: Pick<LoadOptions, 'buffers'> | undefined): LoadOptions {
    if (call !== undefined) checkNames('load of an Unpickler', call, LOAD_CALL_OPTIONS)
    return call === undefined ? this.#options : { ...this.#options, buffers: call.buffers }
  }

  #read(bundle: OpenBundle, options: LoadOptions, modules: ReadonlyMap<string, object> | undefined): unknown {
    if (bundle.kind !== Kind.Message) return read(bundle, options, modules)
    this.#session.begin(bundle.graph)
    try {
      return read(bundle, options, modules, this.#session)
    } catch (error) {
      this.#session.forget()
      throw error
    }
  }
}
