// Memory that a thread lends its process for the buffers of results.
import { describe, expect, it, vi } from 'vitest'
import { copyOf, type Packed, pack } from '../../executor/payload.ts'
import { giveBack, Lending } from '../../executor/worker/lending.ts'

const KB = 1024
const MB = 1024 * KB

const filled = (size: number, value: number) => new Uint8Array(size).fill(value)
const lent = (lending: Lending, bytes: Uint8Array) =>
  lending.copy(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength)

describe('memory of a thread', () => {
  it('is used again when it is given back, also where others are still lent', () => {
    const lending = new Lending()
    const first = lent(lending, filled(50 * KB, 1))!
    const second = lent(lending, filled(50 * KB, 2))!
    giveBack([first])
    const memories = new Set([first.buffer])
    let last = second
    for (let i = 3; i < 1000; i++) {
      const next = lent(lending, filled(30 * KB + i, i))!
      expect(last.every((byte) => byte === last[0])).toBe(true)
      memories.add(next.buffer)
      giveBack([last])
      last = next
    }
    expect(memories.size).toBe(1)
  })

  it('has no room while all is lent, keeps what is lent as it is, and has room again', () => {
    const lending = new Lending()
    const all: Uint8Array[] = []
    for (let i = 0; ; i++) {
      const bytes = lent(lending, filled(100 * KB, i))
      if (bytes === null) break
      all.push(bytes)
    }
    // Up to 4 MiB at last, and less than that before.
    expect(all.length * 100 * KB).toBeGreaterThan(4 * MB - 100 * KB)
    expect(all.length * 100 * KB).toBeLessThan(8 * MB)
    for (const [i, bytes] of all.entries()) expect(bytes.every((byte) => byte === i)).toBe(true)
    giveBack(all.slice(-30, -20))
    expect(lent(lending, filled(100 * KB, 1))).toBe(null)
    giveBack(all)
    for (let i = 0; i < 38; i++) expect(lent(lending, filled(100 * KB, i))).not.toBe(null)
  })

  it('is made anew where something does not come back', () => {
    let time = 0
    const lending = new Lending(() => time)
    let lost = lent(lending, filled(MB, 1))!
    for (let bytes: Uint8Array | null = lost; bytes !== null; bytes = lent(lending, filled(MB, 1)))
      lost = bytes
    time = 9_000
    expect(lent(lending, filled(MB, 2))).toBe(null)
    time = 11_000
    const anew = lent(lending, filled(MB, 2))!
    expect(anew.buffer).not.toBe(lost.buffer)
    expect(lost.every((byte) => byte === 1)).toBe(true)
  })

  it('is not for more than a quarter of it', () => {
    const lending = new Lending()
    expect(lent(lending, filled(MB, 1))).not.toBe(null)
    expect(lent(lending, filled(MB + 1, 1))).toBe(null)
  })
})

describe('a result', () => {
  const buffersOf = (packed: Packed) => ('plain' in packed ? [] : packed.buffers!)

  it('has its buffers in it, but those that are shared or small', () => {
    const lending = new Lending()
    const lend = lending.copy.bind(lending)
    const bytes = filled(10_000, 7)
    const shared = new Uint8Array(new SharedArrayBuffer(10_000))
    const [one, other] = buffersOf(pack([bytes, shared, filled(100, 1)], lend))
    bytes.fill(8)
    expect(one).toEqual(filled(10_000, 7))
    expect(other).toBe(shared.buffer)
    const copy = buffersOf(copyOf({ bundle: new Uint8Array(1), buffers: [one!] }))[0]!
    expect(copy).toEqual(filled(10_000, 7).buffer)
  })

  it('that can not be packed leaves nothing lent', () => {
    const lending = new Lending()
    const lend = vi.fn(lending.copy.bind(lending))
    for (let i = 0; i < 100; i++) {
      const refused = [filled(MB / 2, 1), new Promise(() => {})]
      expect(() => pack(refused, lend)).toThrow(/promise/)
    }
    expect(lend).toHaveBeenCalledTimes(100)
    expect(new Set(lend.mock.results.map(({ value }) => (value as Uint8Array).buffer)).size).toBe(1)
  })
})
