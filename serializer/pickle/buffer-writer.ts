// Buffers and their views, while a graph is written: which of them stand beside the bundle, which views travel with their own bytes
// alone, and which buffers turned out to be needed whole when that was done.
import { bareBuffer, type ViewedBytes } from '../reducers/index.ts'
import type { GraphWriter } from './graph-writer.ts'
import { LEAST_BULK, Op } from './opcodes.ts'
import type { OutOfBand } from './out-of-band.ts'
import { Pieces } from './overlaps.ts'
import type { WriterSession } from './session.ts'

const Bytes = Uint8Array
const MapConstructor = Map
const SetConstructor = Set

export class BufferWriter {
  readonly #graph: GraphWriter
  readonly #session: WriterSession | null
  /** The buffer that is being written for a view of it. */
  #viewing: object | null = null
  #wrappedViews: Set<object> | null = null
  /** Views that were written with their own bytes alone. */
  pieces: Pieces | null = null
  #readonlyViews: Set<object> | null = null
  /** Where it is written that a buffer has views alone. */
  #viewedBuffers: Map<object, number> | null = null

  constructor(graph: GraphWriter, session: WriterSession | null) {
    this.#graph = graph
    this.#session = session
  }

  /** For the next graph or message: forgets the last one. False if that had what can't be forgotten. */
  restart(): boolean {
    if (this.#wrappedViews !== null) return false
    this.pieces = null
    return this.#session !== null || (this.#viewedBuffers === null && this.#readonlyViews === null)
  }

  /** Something refers to a value that was written. */
  met(value: object): void {
    if (value === this.#viewing) return
    const { options, out } = this.#graph
    options.offers?.reached(value)
    const mark = this.#viewedBuffers?.get(value)
    if (mark !== undefined) out.change(mark, Op.WholeBuffer)
  }

  /** Writes a buffer for a view of it. */
  viewed(buffer: ArrayBufferLike, size: number): void {
    this.#viewing = buffer
    this.#graph.value(buffer)
    this.#viewing = null
    this.#graph.options.offers?.viewed(buffer, size)
  }

  isWrapped(view: ArrayBufferView): boolean {
    return this.#wrappedViews?.has(view) === true
  }

  offer(view: ArrayBufferView, bytes: Uint8Array, size: number): number {
    const { offers } = this.#graph.options
    if (offers === null) return -1
    const facts = { length: bytes.length, maximum: null, isShared: false }
    const number = offers.offer(view, facts, bytes, this.#readonlyViews?.has(view) ?? false)
    offers.viewed(view, size)
    return number
  }

  needsWhole(view: ArrayBufferView, buffer: ArrayBufferLike): boolean {
    if (this.#readonlyViews?.has(view)) return false
    return this.#isWhole(buffer) || this.#graph.options.wholeBuffers?.has(buffer) === true
  }

  wroteApart(view: ArrayBufferView, window: ViewedBytes, size: number, number: number): void {
    // Whether nobody's writes are shared, nobody can tell.
    if (this.#readonlyViews?.has(view)) return
    this.pieces ??= new Pieces()
    this.pieces.add(view, window, size, number)
  }

  /** Does this message have all of the buffer within? (What an earlier one had may have changed: a pool does.) */
  #isWhole(buffer: ArrayBufferLike): boolean {
    const graph = this.#graph
    return (
      graph.numberOf(buffer) >= (this.#session?.nodesBefore ?? 0) &&
      (graph.options.offers?.numberOf(buffer) ?? -1) < 0
    )
  }

  /** Buffers that turned out to be part of the graph, when views of them had been written with their own bytes alone. */
  get divided(): Set<object> | null {
    return this.pieces?.buffersThat((buffer) => this.#isWhole(buffer)) ?? null
  }

  /** An OutOfBand stands for its view. */
  wrapped(value: object, view: ArrayBufferView): void {
    const graph = this.#graph
    if (graph.options.offers !== null) {
      this.#wrappedViews ??= new SetConstructor()
      this.#wrappedViews.add(view)
    }
    if ((value as OutOfBand).readonly) {
      this.#readonlyViews ??= new SetConstructor()
      this.#readonlyViews.add(view)
    }
    graph.forget(value)
    graph.value(view)
  }

  /** A buffer that the callback takes; one with properties of its own is more than its bytes, and stays. */
  outOfBand(value: object): boolean {
    const graph = this.#graph
    const { offers } = graph.options
    const facts = offers === null ? null : bareBuffer(value)
    if (offers === null || facts === null) return false
    const number = offers.offer(value, facts, new Bytes(value as ArrayBuffer, 0, facts.length))
    if (number < 0) return false
    if (value !== this.#viewing) offers.reached(value)
    graph.out.byte(Op.OutOfBand)
    graph.out.varint(number)
    graph.remember(value)
    return true
  }

  /** A buffer that is written for a view of it, and may be read as a part of what was received if nothing else needs it. */
  viewedBuffer(value: object): boolean {
    // A later message could need it.
    if (value !== this.#viewing || this.#session !== null) return false
    const facts = bareBuffer(value)
    if (facts === null || facts.isShared || facts.maximum !== null || facts.length < LEAST_BULK) return false
    const graph = this.#graph
    this.#viewedBuffers ??= new MapConstructor()
    graph.out.byte(Op.ViewedBuffer)
    this.#viewedBuffers.set(value, graph.out.last)
    graph.bulk(new Bytes(value as ArrayBuffer, 0, facts.length))
    graph.remember(value)
    return true
  }
}
