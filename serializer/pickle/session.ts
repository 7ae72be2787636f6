// What a Pickler and its Unpickler keep from message to message: numbers of nodes, shapes and strings. Each message
// begins with how many of each were there before it, which has to be what the reader has, or 0: then they begin anew.
import { UnpicklingError } from '../errors.ts'
import { MapPrototypeGetSize, SetPrototypeGetSize } from '../primordials.ts'
import type { ViewedBytes } from '../reducers/index.ts'
import { ClassIdentities } from './class-identity.ts'
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
  readonly memo = new Memo(false)
  /** Those that were sent: a later message has the entries of what is new in it. */
  readonly weakCollections = new Set<object>()
  /** As long as the memo: classes that are equal stay apart, whichever messages they come in. */
  readonly identities = new ClassIdentities()
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
    this.identities.forget()
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

  /** How many there were before the message that is being read. */
  #nodesBefore = 0
  #shapesBefore = 0
  #stringsBefore = 0

  constructor(maxObjects: number) {
    this.nodes = new Nodes(maxObjects, true)
  }

  /** Reads what a message begins with. */
  begin(input: ByteReader): void {
    const { nodes, shapes, strings } = this
    const nodesBefore = baseOf(input, nodes.length)
    const shapesBefore = baseOf(input, shapes.length)
    const stringsBefore = baseOf(input, strings.length)
    if (nodesBefore < nodes.length) this.#forgetNodes(0)
    if (shapesBefore < shapes.length) shapes.length = 0
    if (stringsBefore < strings.length) strings.length = 0
    this.#nodesBefore = nodesBefore
    this.#shapesBefore = shapesBefore
    this.#stringsBefore = stringsBefore
  }

  /** Forgets the message that was begun: it could not be read. */
  forget(): void {
    this.#forgetNodes(this.#nodesBefore)
    this.shapes.length = this.#shapesBefore
    this.strings.length = this.#stringsBefore
  }

  #forgetNodes(from: number): void {
    this.nodes.truncate(from)
    if (MapPrototypeGetSize(this.parts) === 0) return
    for (const id of this.parts.keys()) if (id >= from) this.parts.delete(id)
  }
}

/** How many the message takes as known: as many as there are, or none. */
function baseOf(input: ByteReader, kept: number): number {
  const base = input.varint()
  if (base !== 0 && base !== kept) throw outOfStep()
  return base
}

function outOfStep(): UnpicklingError {
  return new UnpicklingError(
    'the message refers to messages that this Unpickler has not loaded, or has loaded twice: a Pickler’s messages go to one Unpickler, each once and in their order. After clearMemo() on the Pickler a new Unpickler can join',
  )
}
