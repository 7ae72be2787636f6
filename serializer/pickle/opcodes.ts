// The tags of the graph section, one byte each. docs/format.md says what follows each.

export const Op = {
  Undefined: 0,
  Null: 1,
  True: 2,
  False: 3,
  Hole: 4,
  Integer: 5,
  Double: 6,
  String: 7,
  StringRef: 8,
  BigInt: 9,
  RegisteredSymbol: 10,
  WellKnownSymbol: 11,
  UniqueSymbol: 12,
  Ref: 13,
  Intrinsic: 14,
  Reference: 15,
  Object: 16,
  Array: 17,
  Function: 18,
  Class: 19,
  PrototypeOf: 20,
  Attributes: 21,
  Accessor: 22,
  Builtin: 23,
  Bound: 24,
  Literal: 25,
  Stamped: 26,
  Proxy: 27,
  NegativeInteger: 28,
  Namespace: 29,
  Arguments: 30,
  Require: 31,
  Promisified: 32,
  MemberOf: 33,
  Module: 34,
  ImportMeta: 35,
  Super: 36,
  /** A plain object whose shape comes with it, and takes the next number among shapes. */
  ShapedRecord: 37,
  /** A plain object of a shape that has a number. */
  Record: 38,
  /** A plain object with its keys. */
  Dictionary: 39,
  List: 40,
  Integers: 41,
  Doubles: 42,
  Map: 43,
  Set: 44,
  Date: 45,
  /** As the three above, of objects that something in them refers to. */
  OpenShapedRecord: 46,
  OpenRecord: 47,
  /** In front of a function: a call that it was made in. */
  AfterCall: 48,
  /** A value, all of whose content comes before anything else. */
  Settled: 49,
  /** What a reducer of the user's says. */
  Reduction: 50,
  /** What the sender's persistentId named. */
  Persistent: 51,
  /** A buffer that travels out of band. */
  OutOfBand: 52,
  /** An ArrayBuffer of many bytes that only views of it are there of. */
  ViewedBuffer: 53,
  /** The same, which is a value by itself, too. */
  WholeBuffer: 54,
  /** The function that `format` or `compare` of an Intl object gives. */
  IntlFunction: 55,
} as const

/** Bits of the byte behind a reduction: how its factory is called, and which parts follow. */
export const ReductionFlag = { New: 1, State: 2, SetState: 4, Items: 8, Entries: 16 } as const

/** Tags that hold a number themselves, in their low bits. */
export const Tag = {
  /** A list of 0 to 7 elements. */
  ShortList: 0x38,
  /** An integer from 0 to 63. */
  SmallInteger: 0x40,
  /** A string of that many code units. */
  ShortString: 0x80,
  /** A plain object of one of the first 32 shapes. */
  Record: 0xc0,
  /** The same, of an object that something in it refers to. */
  OpenRecord: 0xe0,
} as const

/** Elements that an arguments object is made with. */
export const MAX_ARGUMENTS = 0xffff
export const MAX_SHORT_LIST = 7
export const MAX_SMALL_INTEGER = 0x3f
export const MAX_SHORT_STRING = 0x3f
export const MAX_SHORT_SHAPE = 0x1f
/** Strings of these lengths get a number, by which they can be named again. */
export const NAMED_STRING = { min: 3, max: 64 } as const
/** What stands in a shape in place of the number of its prototype's node, plus 2. */
export const ShapePrototype = { Object: 0, Null: 1, Node: 2 } as const
/** Levels of content within content, before one has to wait until the rest is done. */
export const MAX_INLINE_DEPTH = 256

/** Bits of the byte behind a function's number: which values follow, that its creation needs. */
export const Needs = { This: 1, Call: 2, PrivateHome: 4 } as const

/** What follows the root value: parts of collections that depend on what else the graph has. */
export const More = { Nothing: 0, Members: 1, WeakEntries: 2 } as const

/** How a node's prototype is written. */
export const Prototype = {
  /** The kind's own: Object.prototype, Map.prototype ... */
  Default: 0,
  Null: 1,
  /** Follows, and exists before the object does. */
  Given: 2,
  /** Set after the object exists, because it refers to the object in a way that creation needs. */
  Later: 3,
} as const

export const Attribute = {
  Writable: 1,
  Enumerable: 2,
  Configurable: 4,
  All: 7,
  /** Of an accessor: V8's own, of a stack that was captured. */
  CapturedStack: 8,
} as const

/** Bits of the byte in front of a node's own properties. */
/** The last two are of what a built-in type's own entry restores: none of these properties can be deleted, or written to, either. */
export const PropertiesFlag = { NonExtensible: 8, Reordered: 16, KeptSealed: 32, KeptFrozen: 64 } as const

/** Bytes from which on a buffer has a place of its own, and what its offset there is a multiple of. */
export const LEAST_BULK = 64
export const BULK_ALIGNMENT = 8
/** The same for packed numbers. */
export const LEAST_PACKED_APART = 4096
