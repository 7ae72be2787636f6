// What a built-in type's entry in the dispatch table says, and what it may ask of the graph's two ends.

/** The writing side, as entries see it. */
export interface ValueSink {
  value(value: unknown): void
  byte(value: number): void
  varint(value: number): void
  double(value: number): void
  string(text: string): void
  /** Raw bytes, with their length. */
  data(bytes: Uint8Array): void
  /** The bytes of a buffer: `data`, or where there are many, a place of their own. */
  bulk(bytes: Uint8Array): void
  /** The buffer of a view whose elements have that size: it may travel out of band. */
  viewed(buffer: ArrayBufferLike, size: number): void
  /** Does the view travel without the rest of its buffer because the user says so? */
  isWrapped(view: ArrayBufferView): boolean
  /** Offers bytes that a view alone has. Their number if they travel out of band, else -1. */
  offer(view: ArrayBufferView, bytes: Uint8Array, size: number): number
  /** Does the view share the buffer with others, as all of that is part of the graph? */
  needsWhole(view: ArrayBufferView, buffer: ArrayBufferLike): boolean
  /** Notes a view that was written with its own bytes (out of band by that number, or -1): others may overlap it. */
  wroteApart(view: ArrayBufferView, window: ViewedBytes, size: number, number: number): void
  /** May code of the user's run while a value is written, and change what is being written? */
  readonly isInterruptible: boolean
  /** Names the next value for error paths. */
  step(kind: 'index' | 'key' | 'property' | 'slot', name: string | number): void
  /** Writes, when all else is written, the entries of a weak collection whose keys the graph holds. */
  weakEntries(collection: object): void
  /** Throws the PicklingError for the value at hand. */
  refuse(reason: string, remedy: string): never
}

/** A part of a buffer, or all of it. */
export interface ViewedBytes {
  /** What the sender said of a view of its own. */
  readonly isReadonly?: boolean
  readonly buffer: ArrayBufferLike
  readonly offset: number
  readonly length: number
  /** Nobody has the bytes: views of them are made without any. */
  readonly isAbsent?: boolean
}

/** The reading side. */
export interface ValueSource {
  value(): unknown
  byte(): number
  varint(): number
  /** A count of items that take at least a byte each: checked against what is left. */
  count(): number
  double(): number
  string(): string
  data(): Uint8Array
  bulk(): Uint8Array
  /** So many bytes are set aside for what a buffer may grow to. Throws if they are too many. */
  setAside(bytes: number): void
  /** May the value be a view of these bytes, rather than have a copy? */
  borrows(bytes: Uint8Array, alignment: number): boolean
  /** Puts the bytes of the view at hand where those are that it overlaps; null if there are none. */
  shared(bytes: Uint8Array): ViewedBytes | null
  /** The bytes behind the next value, which is a buffer. */
  viewed(): ViewedBytes
  /** Those of that number, which travelled out of band. */
  outOfBand(number: number): ViewedBytes
  /** Refuses what would run code when a promise is resolved with it, if the caller wants no code. */
  refuseThenable(value: unknown): void
}

/**
 * One built-in type. `write` and `create` carry what must exist before the object does; `writeContent` and
 * `readContent` fill it afterwards, so that cycles through the content work. Own properties, prototype and
 * extensibility are the graph's business.
 */
export interface BuiltinReducer<T extends object = any> {
  /** The name in messages and in `inspect`. */
  readonly name: string
  /**
   * A test of internal slots, never of prototypes or properties. Where only trying tells, what is tried are heirs of the
   * class's prototype, or of `foreign`, which stands for it in another realm.
   */
  matches(value: object, foreign?: object): boolean
  /**
   * Heirs of these may well be of the type, and are asked first. Undefined: Node has not made the class yet; or telling
   * takes long, and `isThorough` was not said.
   */
  readonly prototypes?: (isThorough: boolean) => readonly (object | undefined)[]
  /** Only trying tells, and trying costs an exception: nobody but heirs of `prototypes` is asked. */
  readonly byBrand?: boolean
  /** The prototype that `create`'s result has. */
  prototype(value: T): object | null
  write?(value: T, sink: ValueSink): void
  create(source: ValueSource): T
  writeContent?(value: T, sink: ValueSink): void
  readContent?(value: T, source: ValueSource): void
  /** Own keys that belong to the type itself and are restored by it. */
  readonly ownKeys?: (value: T) => readonly PropertyKey[]
  /** Own integer keys are the type's content (typed arrays). */
  readonly indexed?: boolean
}
