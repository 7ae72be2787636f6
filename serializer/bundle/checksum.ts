// How damage of a bundle is found: by xxHash32 (xxhash32.ts), and in a large one by GMAC, of which OpenSSL does several times as
// much in the same time where processors multiply without carry. Neither is a secret: a signature is something else.
import { type CipherGCM, createCipheriv } from 'node:crypto'
import { needAllOriginals } from '../originals.ts'

const { apply, getPrototypeOf } = Reflect

/** From this size on it is GMAC: to begin one takes 3 us, and the other takes as long for 10 KB. */
export const LARGE_BUNDLE = 1 << 14
/** What is in the processor's cache when it is asked for again. */
const PIECE = 1 << 16

const KEY = new Uint8Array(16)
const NONCE = new Uint8Array(12)

function open(): CipherGCM {
  needAllOriginals()
  return createCipheriv('aes-128-gcm', KEY, NONCE) as CipherGCM
}
const { setAAD, final, getAuthTag } = getPrototypeOf(open()) as CipherGCM

/** The first four bytes of the GMAC of bytes that are given one behind the other. */
export class Sum {
  readonly #cipher = open()

  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += PIECE)
      apply(setAAD, this.#cipher, [bytes.subarray(at, at + PIECE)])
  }

  /** Copies the bytes, and adds the copy. */
  copy(source: Uint8Array, target: Uint8Array, offset: number): void {
    for (let at = 0; at < source.length; at += PIECE) {
      const piece = source.subarray(at, at + PIECE)
      target.set(piece, offset + at)
      apply(setAAD, this.#cipher, [target.subarray(offset + at, offset + at + piece.length)])
    }
  }

  /** It is the last thing that is asked. */
  value(): number {
    apply(final, this.#cipher, [])
    const tag = apply(getAuthTag, this.#cipher, [])
    return (tag[0] | (tag[1] << 8) | (tag[2] << 16) | (tag[3] << 24)) >>> 0
  }
}
