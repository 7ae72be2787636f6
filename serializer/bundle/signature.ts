// Signed bundles: an envelope around the bundle that is checked before anything inside is read. HMAC-SHA256 with a shared
// secret, or Ed25519. Byte for byte in docs/format.md.
//
//   0  magic "\x8fcrnsg\r\n"
//   8  version (1)
//   9  algorithm: 1 HMAC-SHA256, 2 Ed25519
//  10  size of the signature (2, little-endian)
//  12  when it expires: milliseconds since 1970 (8, a double, little-endian); 0 for never
//  20  nothing (4), so that the bundle begins at a multiple of 8
//  24  the signature, over the purpose, the first 24 bytes, and the bundle
//      the bundle

import { createHmac, createPublicKey, KeyObject, sign, timingSafeEqual, verify } from 'node:crypto'
import { types } from 'node:util'
import { UnpicklingError } from '../errors.ts'
import { Buffer } from '../globals.ts'
import { needAllOriginals } from '../originals.ts'

const MAGIC = Uint8Array.of(0x8f, 0x63, 0x72, 0x6e, 0x73, 0x67, 0x0d, 0x0a) // "\x8fcrnsg\r\n"
const VERSION = 1
const SIGNATURE_AT = 24
const HMAC = 1
const ED25519 = 2
/** Shorter secrets can be guessed. */
const SHORTEST_SECRET = 16

/** A secret that both sides have, or an Ed25519 key: private to sign, public to verify. */
export type SigningKey = Uint8Array | KeyObject

export interface Signing {
  readonly key: SigningKey
  /** Milliseconds from now on: later, the bundle is refused, so that nobody sends it again. */
  readonly expiresIn?: number | undefined
}

export type SignOption = SigningKey | Signing
/** Several while keys are changed: one of them has to fit. */
export type VerifyOption = SigningKey | readonly SigningKey[]

export function isSigned(bytes: Uint8Array): boolean {
  return bytes.length >= MAGIC.length && isSignedStart(bytes)
}

/** Could these be the first bytes of a signed bundle? There may be few of them. */
export function isSignedStart(bytes: Uint8Array): boolean {
  for (let i = 0; i < MAGIC.length && i < bytes.length; i++) if (bytes[i] !== MAGIC[i]) return false
  return true
}

/** The bundle with a signature. `purpose` has to be the same when it is verified: one signed for A does not pass as B. */
export function signBytes(bundle: Uint8Array, option: SignOption, purpose = ''): Uint8Array {
  needAllOriginals()
  const { key, expiresIn } = isKey(option) ? { key: option, expiresIn: undefined } : checkSigning(option)
  const algorithm = algorithmOf(key, 'sign')
  if (algorithm === ED25519 && (key as KeyObject).type !== 'private')
    throw new TypeError('the option sign takes a private key: a public one only verifies')
  const size = algorithm === HMAC ? 32 : 64
  const bytes = Buffer.allocUnsafe(SIGNATURE_AT + size + bundle.length)
  bytes.set(MAGIC)
  bytes[8] = VERSION
  bytes[9] = algorithm
  bytes.writeUInt16LE(size, 10)
  bytes.writeDoubleLE(expiresIn === undefined ? 0 : Date.now() + expiresIn, 12)
  bytes.fill(0, 20, SIGNATURE_AT)
  bytes.set(bundle, SIGNATURE_AT + size)
  const head = bytes.subarray(0, SIGNATURE_AT)
  const signature =
    algorithm === HMAC
      ? hmac(key, purpose, head, bundle)
      : sign(null, Buffer.concat([purposeBytes(purpose), head, bundle]), key as KeyObject)
  bytes.set(signature, SIGNATURE_AT)
  return bytes
}

/** Signed if that was asked for. */
export function signed(bundle: Uint8Array, option: SignOption | undefined): Uint8Array {
  return option === undefined ? bundle : signBytes(bundle, option)
}

/** The keys of the option `verify`. Throws TypeError if it has none that could let anything in. */
export function verifyingKeys(option: VerifyOption): readonly SigningKey[] {
  const keys = Array.isArray(option) ? (option as readonly SigningKey[]) : [option as SigningKey]
  if (keys.length === 0) throw new TypeError('the option verify is an empty list: nothing would pass')
  for (const key of keys) algorithmOf(key, 'verify')
  return keys
}

/** The bundle inside, if the signature is right. Throws UnpicklingError otherwise. */
export function verifyBytes(bytes: Uint8Array, option: VerifyOption, purpose = ''): Uint8Array {
  needAllOriginals()
  const keys = verifyingKeys(option)
  if (!isSigned(bytes))
    throw new UnpicklingError('the bundle is not signed, and the option verify lets in only those that are')
  const { algorithm, signature, expires, head, bundle } = parse(bytes)
  const isRight = keys.some((key) => {
    if (algorithmOf(key, 'verify') !== algorithm) return false
    if (algorithm === HMAC) return timingSafeEqual(hmac(key, purpose, head, bundle), signature)
    const data = Buffer.concat([purposeBytes(purpose), head, bundle])
    return verify(null, data, publicPart(key as KeyObject), signature)
  })
  if (!isRight)
    throw new UnpicklingError(
      'the signature of the bundle is not right: it was signed with another key, for another purpose, or changed on its way',
    )
  if (expires !== 0 && Date.now() > expires)
    throw new UnpicklingError(
      `the signature of the bundle expired at ${new Date(expires).toISOString()}: have it signed again`,
    )
  return bundle
}

/** The bundle inside, whoever signed it: for those who have no key and ask for none. */
export function withoutSignature(bytes: Uint8Array): Uint8Array {
  return isSigned(bytes) ? parse(bytes).bundle : bytes
}

interface Parsed {
  readonly algorithm: number
  readonly expires: number
  readonly head: Uint8Array
  readonly signature: Uint8Array
  readonly bundle: Uint8Array
}

function parse(bytes: Uint8Array): Parsed {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const version = bytes[8]
  if (version !== VERSION)
    throw new UnpicklingError(
      `the bundle is signed in version ${version}; this cornichon reads version ${VERSION}`,
    )
  const algorithm = bytes[9]!
  const size = bytes.length < SIGNATURE_AT ? 0 : view.readUInt16LE(10)
  const isKnown = (algorithm === HMAC && size === 32) || (algorithm === ED25519 && size === 64)
  if (!isKnown || bytes.length <= SIGNATURE_AT + size)
    throw new UnpicklingError('the bundle is damaged: what is around it is no signature')
  return {
    algorithm,
    expires: view.readDoubleLE(12),
    head: bytes.subarray(0, SIGNATURE_AT),
    signature: bytes.subarray(SIGNATURE_AT, SIGNATURE_AT + size),
    bundle: bytes.subarray(SIGNATURE_AT + size),
  }
}

function hmac(key: SigningKey, purpose: string, head: Uint8Array, bundle: Uint8Array): Buffer {
  return createHmac('sha256', key).update(purposeBytes(purpose)).update(head).update(bundle).digest()
}

/** With its length in front: no purpose is the beginning of another's bytes. */
function purposeBytes(purpose: string): Buffer {
  const text = Buffer.from(purpose)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(text.length)
  return Buffer.concat([length, text])
}

function isKey(option: SignOption): option is SigningKey {
  return types.isUint8Array(option) || option instanceof KeyObject
}

function checkSigning(option: Signing): Signing {
  if (typeof option !== 'object' || option === null || !isKey(option.key))
    throw new TypeError(
      'the option sign is a secret (Uint8Array), a private Ed25519 KeyObject, or { key, expiresIn }',
    )
  const { expiresIn } = option
  if (expiresIn !== undefined && !(typeof expiresIn === 'number' && expiresIn > 0))
    throw new TypeError('expiresIn of the option sign is a number of milliseconds above 0')
  return option
}

function algorithmOf(key: SigningKey, option: 'sign' | 'verify'): typeof HMAC | typeof ED25519 {
  if (types.isUint8Array(key)) return checkSecret(key.length)
  if (key instanceof KeyObject) {
    if (key.type === 'secret') return checkSecret(key.symmetricKeySize ?? 0)
    if (key.asymmetricKeyType === 'ed25519') return ED25519
    throw new TypeError(`the option ${option} takes Ed25519 keys, not ${key.asymmetricKeyType}`)
  }
  throw new TypeError(`the option ${option} takes a secret (Uint8Array) or an Ed25519 KeyObject`)
}

function checkSecret(length: number): typeof HMAC {
  if (length < SHORTEST_SECRET)
    throw new TypeError(`the secret has ${length} bytes: ${SHORTEST_SECRET} are the least, 32 are usual`)
  return HMAC
}

function publicPart(key: KeyObject): KeyObject {
  return key.type === 'private' ? createPublicKey(key) : key
}
