// Keys and certificates of node:crypto and of Web Crypto: by their standard encodings (PKCS #8, SPKI, DER), so the bundle
// holds the key itself. A CryptoKey that is not extractable stays where it is.

import { createRequire } from 'node:module'
import { types } from 'node:util'
import { UnpicklingError } from '../errors.ts'
import { Buffer, process } from '../globals.ts'
import { branded, inheritsFrom } from './brand.ts'
import { getterOf, lateClass, lateGlobal, nodesKeys, symbolKey } from './platform.ts'
import type { BuiltinReducer, ValueSink, ValueSource } from './types.ts'

type Crypto = typeof import('node:crypto')
type KeyObject = import('node:crypto').KeyObject
type CryptoKey = import('node:crypto').webcrypto.CryptoKey
type X509 = import('node:crypto').X509Certificate

const { apply, defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Reflect
const require = createRequire(import.meta.url)
const KeyObjectClass = lateClass<KeyObject>('internal/crypto/keys', 'crypto', 'KeyObject')
const CryptoKeyClass = lateGlobal<CryptoKey>('internal/crypto/keys', 'CryptoKey')
const CertificateClass = lateClass<X509>('internal/crypto/x509', 'crypto', 'X509Certificate')
const BlobClass = lateClass<Blob>('internal/blob', 'buffer', 'Blob')
const clone = structuredClone
const { parse, stringify } = JSON

const KINDS = ['secret', 'public', 'private'] as const
const ENCODINGS = {
  public: { format: 'der', type: 'spki' },
  private: { format: 'der', type: 'pkcs8' },
} as const

function writeKey(key: KeyObject, sink: ValueSink): void {
  const kind = apply(getterOf(key, 'type'), key, []) as (typeof KINDS)[number]
  const { export: encode } = classOf(key)
  sink.byte(KINDS.indexOf(kind))
  sink.data(apply(encode, key, kind === 'secret' ? [] : [ENCODINGS[kind]]) as Buffer)
}

/** SecretKeyObject and its likes are exported by no module: their methods are found from a key. */
function classOf(key: KeyObject): KeyObject {
  let at: object = key
  while (getOwnPropertyDescriptor(at, 'export') === undefined || at === key) at = getPrototypeOf(at)!
  return at as KeyObject
}

function readKey(source: ValueSource): KeyObject {
  const kind = KINDS[source.byte()]
  const bytes = source.data()
  const crypto = require('node:crypto') as Crypto
  try {
    if (kind === 'secret') return crypto.createSecretKey(bytes)
    if (kind === 'public') return crypto.createPublicKey({ key: Buffer.from(bytes), ...ENCODINGS.public })
    if (kind === 'private') return crypto.createPrivateKey({ key: Buffer.from(bytes), ...ENCODINGS.private })
  } catch (error) {
    throw new UnpicklingError(`the bundle holds a ${kind} key that this Node's OpenSSL does not take`, {
      cause: error,
    })
  }
  throw new UnpicklingError('the bundle is damaged: a key is of no kind')
}

const keyObject: BuiltinReducer<KeyObject> = {
  name: 'KeyObject',
  matches(value) {
    const Class = KeyObjectClass()
    return Class !== undefined && inheritsFrom(value, Class.prototype) && types.isKeyObject(value)
  },
  prototypes: (isThorough) => [KeyObjectClass.expected(isThorough)],
  byBrand: true,
  // There is no making a subclass of a key.
  prototype: (value) => getPrototypeOf(value),
  write: writeKey,
  create: readKey,
  ownKeys: nodesKeys('kKeyType', 'kHandle', 'kAsymmetricKeyType', 'kAsymmetricKeyDetails'),
}

const cryptoKey: BuiltinReducer<CryptoKey> = {
  name: 'CryptoKey',
  matches(value) {
    const Class = CryptoKeyClass()
    return Class !== undefined && inheritsFrom(value, Class.prototype) && types.isCryptoKey(value)
  },
  prototypes: (isThorough) => [CryptoKeyClass.expected(isThorough)],
  byBrand: true,
  prototype: (value) => getPrototypeOf(value),
  write(value, sink) {
    const read = (name: string) => apply(getterOf(CryptoKeyClass()!.prototype, name), value, []) as unknown
    if (!read('extractable'))
      sink.refuse(
        'a CryptoKey that is not extractable may not leave this process',
        'Make it extractable, or get the key where it is needed',
      )
    // RSA's public exponent is the one part that is bytes.
    const algorithm = stringify(read('algorithm'), (_, part: unknown) =>
      types.isUint8Array(part) ? { bytes: [...part] } : part,
    )
    sink.string(stringify({ algorithm: parse(algorithm) as object, usages: read('usages') }))
    const { from } = KeyObjectClass.needed() as unknown as { from(key: object): KeyObject }
    writeKey(apply(from, KeyObjectClass(), [value]), sink)
  },
  create(source) {
    const { algorithm, usages } = detailsFrom(source.string())
    const key = readKey(source) as KeyObject & {
      toCryptoKey?(algorithm: object, extractable: boolean, usages: readonly string[]): CryptoKey
    }
    try {
      if (key.toCryptoKey) return key.toCryptoKey(algorithm, true, usages)
    } catch (error) {
      throw new UnpicklingError('the bundle holds a CryptoKey that this Node does not take', { cause: error })
    }
    return cloned(key, algorithm, usages)
  },
  ownKeys: nodesKeys('kKeyObject', 'kAlgorithm', 'kExtractable', 'kKeyUsages'),
}

interface Details {
  readonly algorithm: object
  readonly usages: readonly string[]
}

function detailsFrom(text: string): Details {
  try {
    const details = parse(text, (_, part: { bytes?: number[] } | null) =>
      part?.bytes ? Uint8Array.from(part.bytes) : part,
    ) as Details
    if (typeof details.algorithm === 'object' && Array.isArray(details.usages)) return details
  } catch {
    // Said below.
  }
  throw new UnpicklingError('the bundle is damaged: a CryptoKey has no algorithm')
}

/**
 * Node 20 and early 22 make a CryptoKey of a KeyObject only in a promise; but structured cloning makes one at once, of what
 * the object that is cloned says it consists of.
 */
function cloned(keyObject: KeyObject, algorithm: object, usages: readonly string[]): CryptoKey {
  const carrier = new (BlobClass.needed())([])
  let prototype: object | null = carrier
  let key: symbol | undefined
  while (prototype !== null && key === undefined) {
    key = symbolKey(prototype, 'messaging_clone_symbol')
    prototype = getPrototypeOf(prototype)
  }
  if (key !== undefined) {
    const data = { keyObject, algorithm, usages, extractable: true }
    defineProperty(carrier, key, {
      value: () => ({ data, deserializeInfo: 'internal/crypto/keys:InternalCryptoKey' }),
    })
    const made: unknown = clone(carrier)
    if (types.isCryptoKey(made)) return made as CryptoKey
  }
  throw new UnpicklingError(
    `Node ${process.version} can't make a CryptoKey at once. Pickle a KeyObject instead`,
  )
}

const certificate: BuiltinReducer<X509> = {
  name: 'X509Certificate',
  ...branded(CertificateClass, (prototype) => getterOf(prototype, 'raw')),
  write: (value, sink) =>
    sink.data(apply(getterOf(CertificateClass()!.prototype, 'raw'), value, []) as Buffer),
  create(source) {
    const bytes = source.data()
    try {
      return new (CertificateClass.needed())(bytes)
    } catch (error) {
      throw new UnpicklingError('the bundle holds a certificate that is none', { cause: error })
    }
  },
  ownKeys: nodesKeys('kHandle', 'kInternalState'),
}

export const keys: readonly BuiltinReducer[] = [keyObject, cryptoKey, certificate]
