// Most bundles and messages are plain data of a few hundred bytes, and to make all that reads one takes a fifth of loading it.
// So what read the last one is kept for the next, if that was nothing but data. It holds nothing of the user's, beside what
// a session has to know. (spare-writer.ts is the mirror.)
import { types } from 'node:util'
import { Kind, Memory, readSmallData } from '../bundle/container.ts'
import { DEFAULT_LIMITS } from '../bundle/limits.ts'
import { keepHiddenClass } from '../hidden-classes.ts'
import { ByteReader } from './codec/byte-reader.ts'
import { TextReader } from './codec/text-reader.ts'
import { FunctionReader } from './function-reader.ts'
import { GraphReader } from './graph-reader.ts'
import { rebuildingError } from './open.ts'
import { NO_BUFFERS } from './out-of-band.ts'
import { intrinsic, resolveFound } from './read.ts'
import { makeRebuilder } from './rebuilder.ts'
import type { ReaderSession } from './session.ts'

const NO_BYTES = new Uint8Array()

/** What a bundle is read with that is loaded without options: of a tree, or of a session's messages. */
const contextOf = (keepsNodes: boolean) => ({
  references: [],
  resolve: resolveFound,
  intrinsic,
  buffers: NO_BUFFERS,
  refusesCode: false,
  rebuilder: makeRebuilder(undefined),
  limits: DEFAULT_LIMITS,
  keepsNodes,
  borrows: false,
})
const CONTEXT_OF_TREES = contextOf(false)
const CONTEXT_OF_MESSAGES = contextOf(true)

class DataReader {
  readonly #memory = new Memory()
  readonly #graph = new ByteReader(this.#memory.bytes).withView()
  readonly #textBytes = new ByteReader(this.#memory.bytes).withView()
  readonly #text = new TextReader(this.#textBytes, DEFAULT_LIMITS.maxString)
  readonly #session: ReaderSession | null
  readonly #reader: GraphReader

  constructor(session: ReaderSession | null) {
    this.#session = session
    this.#reader = new GraphReader(
      this.#graph,
      this.#text,
      new ByteReader(NO_BYTES),
      new FunctionReader([], [], []),
      session === null ? CONTEXT_OF_TREES : CONTEXT_OF_MESSAGES,
      session,
    )
  }

  /** The value of a bundle or message, or NO_DATA. If it throws, the reader is of no use any more. */
  read(received: unknown): unknown {
    const session = this.#session
    const data = types.isUint8Array(received) ? readSmallData(received, this.#memory) : null
    if (data === null || data.kind !== (session === null ? Kind.Tree : Kind.Message)) return NO_DATA
    const { bytes } = this.#memory
    this.#textBytes.restart(bytes, data.text, data.graph)
    this.#graph.restart(bytes, data.graph, data.end)
    if (session !== null) session.begin(this.#graph)
    try {
      return this.#reader.root()
    } catch (error) {
      if (session !== null) session.forget()
      throw rebuildingError(error)
    }
  }

  /** For the next one: forgets the last, if it was nothing but data. */
  restart(): boolean {
    this.#text.restart()
    return this.#reader.restart()
  }
}

/** In the place of a value: the bytes are something else, or damaged. */
export const NO_DATA = Symbol('no data')

/** Reads what is small, and plain data: messages of a session, or without one bundles that are trees. */
export class SmallReader {
  readonly #session: ReaderSession | null
  #spare: DataReader | null = null

  constructor(session: ReaderSession | null) {
    this.#session = session
  }

  /** The value, or NO_DATA. */
  read(bytes: unknown): unknown {
    // Nobody else has it until it is put back: to load may be to run code that loads.
    const reader = this.#spare ?? new DataReader(this.#session)
    this.#spare = null
    const value = reader.read(bytes)
    if (reader.restart()) this.#spare = reader
    return value
  }
}

keepHiddenClass(new DataReader(null))
