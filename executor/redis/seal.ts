// What protects frames in Redis: with keys, each is signed for the place that it is for, and what is not is refused before
// anything of it is read. A frame that is valid in one place is none in another.
import {
  type SigningKey,
  type SignOption,
  signBytes,
  type VerifyOption,
  verifyBytes,
  verifyingKeys,
  withoutSignature,
} from '../../serializer/bundle/signature.ts'

export interface SealSettings {
  readonly sign?: SignOption | undefined
  /** Whose frames are let in. Of a secret, the same as `sign` unless said otherwise. */
  readonly verify?: VerifyOption | undefined
}

/** Longer than a call may wait, and than a process goes without exporting its functions again. */
const LIFE = 7 * 24 * 3_600_000

/** Ill-typed ones are refused by who signs. */
function hasKey(sign: SignOption): sign is Extract<SignOption, { key: SigningKey }> {
  return typeof sign === 'object' && sign !== null && 'key' in sign
}

export class Seal {
  readonly #fleet: string
  readonly #sign: { readonly key: SigningKey; readonly expiresIn: number } | null
  readonly #verify: VerifyOption | null

  /** `fleet` is told from all others that have the same keys. */
  constructor({ sign, verify }: SealSettings = {}, fleet = '') {
    this.#fleet = fleet
    const signing = sign === undefined ? null : hasKey(sign) ? sign : { key: sign }
    this.#sign = signing === null ? null : { expiresIn: LIFE, ...signing }
    if (this.#sign !== null) signBytes(new Uint8Array(), this.#sign)
    // One that is null by mistake would let everything in.
    if (verify !== undefined) verifyingKeys(verify)
    this.#verify = verify ?? signing?.key ?? null
    if (this.#verify !== null && this.#sign !== null && verify === undefined)
      verifyBytes(signBytes(new Uint8Array(1), this.#sign), this.#verify)
  }

  /** Whether frames are signed: then what lies beside them has to be named in them. */
  get isSigning(): boolean {
    return this.#sign !== null
  }

  get isStrict(): boolean {
    return this.#verify !== null
  }

  /** Who can write to Redis could take a call from the fleet that it is for to another. */
  #placeOf(purpose: string): string {
    return `${this.#fleet}:${purpose}`
  }

  close(frame: Buffer, purpose: string): Buffer {
    return this.#sign === null ? frame : asBuffer(signBytes(frame, this.#sign, this.#placeOf(purpose)))
  }

  /** Throws UnpicklingError for what has no right signature. */
  open(bytes: Buffer, purpose: string): Buffer {
    return asBuffer(
      this.#verify === null
        ? withoutSignature(bytes)
        : verifyBytes(bytes, this.#verify, this.#placeOf(purpose)),
    )
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
