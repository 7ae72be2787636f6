// What a Pickler and its Unpickler keep from message to message: numbers of nodes, shapes and strings. Each message
// begins with how many of each were there before it, which has to be what the reader has, or 0: then they begin anew.
import { UnpicklingError } from '../errors.ts'
import { SetPrototypeGetSize } from '../primordials.ts'
import type { ViewedBytes } from '../reducers/index.ts'
import type { ByteReader } from './codec/byte-reader.ts'
import type { GraphWriter } from './graph-writer.ts'
import { Memo } from './memo.ts'
import { Nodes } from './nodes.ts'
import type { RecordBuilder } from './record-builder.ts'
import { Shapes } from './shapes.ts'

/** The numbers that a message begins with: nodes, shapes, strings. */
export const MESSAGE_BASES = 3
/** Both begin anew when there are more; a reader believes in no more than one message can add to those. */
const MOST_SHAPES = 4096
const MOST_STRINGS = 4096

/** The writer's half. */
export class WriterSession {
  readonly memo = new Memo()
  /** Those that were sent: a later message has the entries of what is new in it. */
  readonly weakCollections = new Set<object>()
  shapes = new Shapes()
  /** Nodes of the messages before the one that is being written. */
  nodesBefore = 0
  #isWriting = false

  get hasWeakCollections(): boolean {
    return SetPrototypeGetSize(this.weakCollections) > 0
  }

  /** A walk begins. What one that came to nothing has numbered is forgotten. */
  restart(): void {
    if (this.#isWriting) {
      this.memo.rollBack(this.nodesBefore)
      this.shapes = new Shapes()
    }
    this.#isWriting = true
  }

  writeBases(graph: GraphWriter): void {
    graph.out.varint(this.memo.count)
    graph.out.varint(this.shapes.count)
    graph.out.varint(graph.namedStrings)
  }

  /** A message was written. */
  commit(): void {
    this.nodesBefore = this.memo.count
    this.#isWriting = false
  }

  clear(): void {
    this.memo.clear()
    if (this.hasWeakCollections) this.weakCollections.clear()
    this.nodesBefore = 0
    if (this.shapes.usesNodes || this.#isWriting) this.shapes = new Shapes()
  }

  /** Is it time for shapes and strings to begin anew? */
  isFull(graph: GraphWriter): boolean {
    return this.shapes.count > MOST_SHAPES || graph.namedStrings > MOST_STRINGS
  }

  /** Shapes begin anew. */
  forgetShapes(): void {
    this.shapes = new Shapes()
  }
}

/** The reader's half. */
export class ReaderSession {
  readonly nodes: Nodes
  readonly shapes: RecordBuilder[] = []
  readonly strings: string[] = []
  /** Nodes that are parts of buffers. */
  readonly parts = new Map<number, ViewedBytes>()

  constructor(maxObjects: number) {
    this.nodes = new Nodes(maxObjects, true)
  }

  /** Reads what a message begins with; returns what forgets the message again, if it can't be read. */
  begin(input: ByteReader): () => void {
    const { nodes, shapes, strings } = this
    const bases = [input.varint(), input.varint(), input.varint()]
    const kept = [nodes.length, shapes.length, strings.length]
    for (let i = 0; i < MESSAGE_BASES; i++) if (bases[i] !== 0 && bases[i] !== kept[i]) throw outOfStep()
    if (bases[0] < kept[0]) {
      nodes.truncate(0)
      this.parts.clear()
    }
    if (bases[1] < kept[1]) shapes.length = 0
    if (bases[2] < kept[2]) strings.length = 0
    return () => {
      nodes.truncate(bases[0])
      shapes.length = bases[1]
      strings.length = bases[2]
      for (const id of this.parts.keys()) if (id >= bases[0]) this.parts.delete(id)
    }
  }
}

function outOfStep(): UnpicklingError {
  return new UnpicklingError(
    'the message refers to messages that this Unpickler has not loaded, or has loaded twice: a Pickler’s messages go to one Unpickler, each once and in their order. After clearMemo() on the Pickler a new Unpickler can join',
  )
}
