// Signed bundles: who has the key gets in, and nobody else; nothing is compiled before that is known.
import { createSecretKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  dumps,
  inspectBundle,
  loads,
  loadsAsync,
  Pickler,
  Unpickler,
  UnpicklingError,
} from '../../serializer/index.ts'

const secret = new Uint8Array(32).fill(1)
const other = new Uint8Array(32).fill(2)
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const stranger = generateKeyPairSync('ed25519')
const factor = 6
const fn = (x: number) => x * factor

describe.each([
  ['a secret', secret, secret, other],
  ['a secret as KeyObject', createSecretKey(secret), secret, createSecretKey(other)],
  ['an Ed25519 key', privateKey, publicKey, stranger.publicKey],
])('signed with %s', (_, sign, verify, wrong) => {
  it('a bundle loads for who verifies it with the right key, and for who asks for none', async () => {
    const bytes = dumps(fn, { sign })
    expect(loads<typeof fn>(bytes, { verify })(7)).toBe(42)
    expect(loads<typeof fn>(bytes)(7)).toBe(42)
    expect((await loadsAsync<typeof fn>(bytes, { verify: [wrong, verify] }))(7)).toBe(42)
    expect(inspectBundle(bytes).units).toHaveLength(1)
  })

  it('a bundle is refused where the key is another', () => {
    const bytes = dumps(fn, { sign })
    expect(() => loads(bytes, { verify: wrong })).toThrow(/signature of the bundle is not right/)
    expect(() => loads(dumps(fn, { sign: secret }), { verify: stranger.publicKey })).toThrow(UnpicklingError)
  })

  it('a bundle is refused with any bit of it changed', () => {
    const bytes = dumps([1, 2, 3], { sign })
    for (let i = 0; i < bytes.length; i++) {
      const changed = bytes.slice()
      changed[i]! ^= 1
      expect(() => loads(changed, { verify }), `byte ${i}`).toThrow(UnpicklingError)
    }
    for (let length = 0; length < bytes.length; length++)
      expect(() => loads(bytes.slice(0, length), { verify })).toThrow(UnpicklingError)
  })

  it('a bundle is refused when its time is over', async () => {
    expect(loads<typeof fn>(dumps(fn, { sign: { key: sign, expiresIn: 60_000 } }), { verify })(1)).toBe(6)
    const bytes = dumps(fn, { sign: { key: sign, expiresIn: 1 } })
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(() => loads(bytes, { verify })).toThrow(/expired at 20/)
  })
})

it('a bundle without a signature is refused by who verifies', () => {
  expect(() => loads(dumps(1), { verify: secret })).toThrow(/is not signed/)
  expect(() => loads(new Uint8Array(), { verify: secret })).toThrow(/is not signed/)
})

it('what is no key is told so', () => {
  expect(() => dumps(1, { sign: new Uint8Array(8) })).toThrow(/8 bytes: 16 are the least/)
  expect(() => dumps(1, { sign: publicKey })).toThrow(/takes a private key/)
  expect(() => dumps(1, { sign: 'secret' as never })).toThrow(TypeError)
  expect(() => dumps(1, { sign: { key: secret, expiresIn: -1 } })).toThrow(/expiresIn/)
  expect(() => loads(dumps(1), { verify: [] })).toThrow(/empty list/)
  const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  expect(() => dumps(1, { sign: rsa })).toThrow(/Ed25519 keys, not rsa/)
})

it('the messages of a Pickler are signed, each, and an Unpickler verifies them', () => {
  const pickler = new Pickler({ sign: secret })
  const [first, second] = [pickler.dump([1, 2]), pickler.dump({ a: 1 })]
  const unpickler = new Unpickler({ verify: secret })
  expect([unpickler.load(first), unpickler.load(second)]).toEqual([[1, 2], { a: 1 }])
  expect(() => new Unpickler({ verify: other }).load(pickler.dump(1))).toThrow(/not right/)
})
