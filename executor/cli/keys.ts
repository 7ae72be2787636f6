// `--key-file`: a secret as it is, or an Ed25519 key in PEM.
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { UsageError } from './failure.ts'
import { reasonOf } from './files.ts'

export interface Seal {
  readonly sign?: Uint8Array | KeyObject
  readonly verify?: Uint8Array | readonly KeyObject[]
}

/** With a private key, this process signs; with a public one it only verifies. */
export function readSeal(keyFile: string | undefined, trustFiles: readonly string[] = []): Seal | null {
  if (keyFile === undefined && trustFiles.length === 0) return null
  const trusted = trustFiles.map((file) => readKey(file, 'public') as KeyObject)
  if (keyFile === undefined) return { verify: trusted }
  const key = readKey(keyFile, 'private')
  if (key instanceof Uint8Array) {
    if (trusted.length > 0) throw new UsageError('--trust-file goes with an Ed25519 key, not with a secret')
    return { sign: key, verify: key }
  }
  return { sign: key, verify: [createPublicKey(key), ...trusted] }
}

function readKey(file: string, kind: 'private' | 'public'): Uint8Array | KeyObject {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    throw new UsageError(`can't read the key ${file}: ${reasonOf(error)}`)
  }
  if (!bytes.includes('-----BEGIN')) {
    if (kind === 'public') throw new UsageError(`${file} is no public key in PEM`)
    if (bytes.length < 16)
      throw new UsageError(`the secret in ${file} has ${bytes.length} bytes: 16 are the least`)
    return new Uint8Array(bytes)
  }
  try {
    const key = kind === 'private' ? createPrivateKey(bytes) : createPublicKey(bytes)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch (error) {
    throw new UsageError(`${file} is no ${kind} key: ${(error as Error).message}`)
  }
  throw new UsageError(`the key in ${file} is not Ed25519: openssl genpkey -algorithm ed25519 makes one`)
}
