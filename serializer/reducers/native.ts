// What can't travel: objects of Node's and the language's whose state is in V8 or in the operating system. They are
// refused by the name of their class, with a way out that fits it. A new one needs no entry; an entry gives better advice.
import { types } from 'node:util'
import { findBuiltin, findIntrinsic, isNodes } from '../references/index.ts'

const { getOwnPropertyDescriptor } = Reflect

export interface Advice {
  readonly reason: string
  readonly remedy: string
}

const iterator = (name: string) => ({
  reason: `${withArticle(name)} can not be copied: its position is in V8 alone`,
  remedy: 'Pickle what it iterates over, or an array of what is left: [...iterator]',
})
const connection = (name: string) => ({
  reason: `${withArticle(name)} is a handle of this process's, which no other process can be given`,
  remedy: 'Leave it out, and open one where it is needed: pickle the options or a function that opens it',
})
const stream = (name: string) => ({
  reason: `${withArticle(name)} is in the midst of its work, and its state is inside Node`,
  remedy: 'Pickle the data, or a function that makes the stream where it is needed',
})
const timer = (name: string) => ({
  reason: `${withArticle(name)} is a timer of this process's event loop`,
  remedy: 'Leave it out, and start a timer where it is needed',
})
const digest = (name: string) => ({
  reason: `${withArticle(name)} has its state inside OpenSSL`,
  remedy: 'Pickle what goes into it, or what came out of it, and make it again where it is needed',
})
const saying = (how: string) => (name: string) => ({
  reason: `${withArticle(name)} holds state that no JavaScript value shows`,
  remedy: `Pickle what it says: ${how}`,
})
const instead = (remedy: string) => (name: string) => ({
  reason: `${withArticle(name)} holds state that no JavaScript value shows`,
  remedy,
})

const advice = new Map<string, (name: string) => Advice>()
const advise = (names: string, how: (name: string) => Advice) => {
  for (const name of names.split(' ')) advice.set(name, how)
}

advise('ArrayIterator StringIterator RegExpStringIterator SegmentIterator IteratorHelper', iterator)
advise('WrapForValidIterator AsyncFromSyncIterator', iterator)
advise('Socket Server TLSSocket Agent ClientRequest IncomingMessage ServerResponse Http2Session', connection)
advise('ChildProcess Worker MessagePort MessageChannel BroadcastChannel WebSocket EventSource', connection)
advise(
  'FileHandle Dir FSWatcher StatWatcher Interface Resolver Session DatabaseSync Pipe TCP UDP',
  connection,
)
advise('Readable Writable Duplex Transform PassThrough ReadStream WriteStream', stream)
advise('ReadableStream WritableStream TransformStream CompressionStream DecompressionStream', stream)
advise('TextDecoderStream TextEncoderStream Gzip Gunzip Deflate Inflate BrotliCompress', stream)
advise('Timeout Immediate', timer)
advise('Hash Hmac Cipheriv Decipheriv Sign Verify ECDH DiffieHellman DiffieHellmanGroup', digest)
advise('RecordableHistogram Histogram IntervalHistogram ELDHistogram', saying('histogram.toJSON()'))
advise('PerformanceEntry PerformanceMark PerformanceMeasure', saying('entry.toJSON()'))
advise('PerformanceResourceTiming PerformanceNodeTiming', saying('entry.toJSON()'))
advise(
  'Request Response',
  instead('Pickle its url, status and headers, and the bytes of its body: await it.arrayBuffer()'),
)
advise('MIMEParams', saying('[...params], or pickle its MIMEType'))
advise('WebAssembly.Module', instead('Pickle its bytes, and compile them where it is needed'))
advise(
  'WebAssembly.Instance WebAssembly.Table WebAssembly.Tag WebAssembly.Exception',
  instead('Pickle the bytes of its module, and make it where it is needed'),
)
advise('WebAssembly.Memory', instead('Pickle a copy of its bytes: new Uint8Array(memory.buffer)'))
advise('WebAssembly.Global', instead('Pickle its value, and make it again where it is needed'))
advise('FinalizationRegistry', instead('Leave it out, and register again where it is needed'))
advise('DisposableStack AsyncDisposableStack', instead('Dispose of it first, or pickle what it holds'))
advise('AsyncLocalStorage', instead('Leave it out: its stores belong to the calls of this process'))
advise('Segments', instead('Pickle the segmenter and the text'))
advise('CallSite', instead("Pickle what it says: String(site), or the error's stack"))

/** Why an object of the class can't travel, and what to do. */
export function adviceFor(name: string): Advice {
  const how = advice.get(name)
  if (how) return how(name)
  return {
    reason: `${withArticle(name)} holds state that no JavaScript value shows`,
    remedy: `Leave it out and make it again where it is needed, or register a reducer for ${name}`,
  }
}

/** The name of a class inside Node that nothing exports, by its prototype; null for any other prototype. */
export function unexportedClass(prototype: object): string | null {
  const constructor = valueOf(prototype, 'constructor')
  if (typeof constructor === 'function' && !types.isProxy(constructor)) {
    if (valueOf(constructor, 'prototype') !== prototype || !isNodes(constructor)) return null
    const name = valueOf(constructor, 'name')
    return typeof name === 'string' && name !== '' ? name : 'a class inside Node'
  }
  // The prototypes of Node's iterators have no constructor of their own.
  const next = valueOf(prototype, 'next')
  if (typeof next !== 'function' || types.isProxy(next) || !isNodes(next)) return null
  if (findIntrinsic(next) || findBuiltin(next)) return null
  const tag = valueOf(prototype, Symbol.toStringTag)
  return typeof tag === 'string' ? tag : 'an iterator of Node'
}

function valueOf(object: object, key: PropertyKey): unknown {
  return getOwnPropertyDescriptor(object, key)?.value
}

export function withArticle(name: string): string {
  return /^an? /.test(name) ? name : /^(?:[AEIOU]|Hmac)/.test(name) ? `an ${name}` : `a ${name}`
}
