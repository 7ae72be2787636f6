// @ts-check
// The codecs that take part, each as a pair of functions, loaded only if it is asked for and installed. Those that
// write text are measured to and from a string, without the step to bytes.
import v8 from 'node:v8'
import * as cornichon from '../support/cornichon.mjs'

const { dumps, loads } = cornichon

/**
 * @typedef {{ encode(value: any): any, decode(encoded: any): any }} Codec
 * @typedef {{ name: string, package?: string, slow?: boolean, only?: string, open(): Codec | Promise<Codec> }} Library
 *   `only` names the one payload that it is for.
 */

/** @type {readonly Library[]} */
export const libraries = [
  { name: 'cornichon', open: () => ({ encode: (value) => dumps(value), decode: (bytes) => loads(bytes) }) },
  { name: 'cornichon session', only: 'a', open: openSession },
  {
    // As v8 does it: a view of what was received, which the value keeps alive, and shares.
    name: 'cornichon in place',
    only: 'f',
    open: () => ({ encode: (value) => dumps(value), decode: (bytes) => loads(bytes, { copy: false }) }),
  },
  { name: 'cornichon out of band', only: 'f', open: openOutOfBand },
  { name: 'v8', open: () => ({ encode: v8.serialize, decode: v8.deserialize }) },
  {
    name: 'msgpackr',
    package: 'msgpackr',
    open: async () => {
      const { Packr } = await import('msgpackr')
      const packr = new Packr({ structuredClone: true })
      return { encode: (value) => packr.pack(value), decode: (bytes) => packr.unpack(bytes) }
    },
  },
  {
    name: 'cbor-x',
    package: 'cbor-x',
    open: async () => {
      const { Encoder } = await import('cbor-x')
      const encoder = new Encoder({ structuredClone: true })
      return { encode: (value) => encoder.encode(value), decode: (bytes) => encoder.decode(bytes) }
    },
  },
  {
    name: 'seroval',
    package: 'seroval',
    slow: true,
    open: async () => {
      const { deserialize, serialize } = await import('seroval')
      let messages = 0
      // It evaluates the text, and V8 keeps what it has compiled of one: but a program gets no message twice.
      return { encode: (value) => serialize(value), decode: (text) => deserialize(`${text}//${messages++}`) }
    },
  },
  {
    name: 'devalue',
    package: 'devalue',
    slow: true,
    open: async () => {
      const { parse, stringify } = await import('devalue')
      return { encode: (value) => stringify(value), decode: (text) => parse(text) }
    },
  },
  {
    name: 'superjson',
    package: 'superjson',
    slow: true,
    open: async () => {
      const { default: superjson } = await import('superjson')
      return { encode: (value) => superjson.stringify(value), decode: (text) => superjson.parse(text) }
    },
  },
  {
    name: 'JSON',
    open: () => ({ encode: (value) => JSON.stringify(value), decode: (text) => JSON.parse(text) }),
  },
]

/**
 * A Pickler and an Unpickler that are kept from message to message. By message: the same values come up again and again here,
 * and to refer to one that was sent would be no feat. @returns {Codec} */
function openSession() {
  const { Pickler, Unpickler } = /** @type {any} */ (cornichon.everything)
  if (!Pickler || !Unpickler) throw new Error('there is no Pickler yet')
  const pickler = new Pickler({ memo: 'message' })
  const unpickler = new Unpickler()
  return { encode: (value) => pickler.dump(value), decode: (bytes) => unpickler.load(bytes) }
}

/** Buffers travel beside the bundle (PEP 574). @returns {Codec} */
function openOutOfBand() {
  const encode = (/** @type {unknown} */ value) => {
    /** @type {unknown[]} */
    const buffers = []
    const options = /** @type {object} */ ({
      bufferCallback: (/** @type {unknown} */ each) => void buffers.push(each),
    })
    return { bytes: dumps(value, options), buffers }
  }
  const decode = (/** @type {ReturnType<typeof encode>} */ { bytes, buffers }) =>
    loads(bytes, /** @type {object} */ ({ buffers }))
  if (encode(new Uint8Array(8)).buffers.length === 0) throw new Error('there is no bufferCallback yet')
  return { encode, decode }
}

/** @param {any} encoded */
export function sizeOf(encoded) {
  if (typeof encoded === 'string') return Buffer.byteLength(encoded)
  return (encoded.bytes ?? encoded).byteLength
}
