// What an executor may forget: never what is held, never what is new, and never less than it should.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Kept } from '../../executor/kept.ts'

describe('values that are kept', () => {
  it('are forgotten when there are too many: first those that nobody asked for', () => {
    const forgotten: string[] = []
    const kept = new Kept<number>(4, 1000, (key) => forgotten.push(key))
    for (let i = 0; i < 6; i++) kept.add(`${i}`, i, 1)
    kept.hold('0')
    kept.get('1')
    for (let i = 6; i < 20; i++) kept.add(`${i}`, i, 1)
    expect(kept.has('0')).toBe(true)
    expect(forgotten).toContain('2')
    expect(forgotten.indexOf('1')).not.toBe(0)
    expect(kept.get('19')).toBe(19)
    kept.letGo('0')
    for (let i = 20; i < 60; i++) kept.add(`${i}`, i, 1)
    expect(kept.has('0')).toBe(false)
    expect(kept.get('0')).toBe(undefined)
    expect(kept.hold('0')).toBe(false)
  })

  it('are forgotten when they are too large', () => {
    const kept = new Kept<number>(1000, 100)
    for (let i = 0; i < 100; i++) kept.add(`${i}`, i, 50)
    expect([...kept.values()].length).toBeLessThan(20)
    expect(kept.has('99')).toBe(true)
  })

  it('property: what is held stays, what is new stays for the next, what is not held does not grow', () => {
    const step = fc.record({ holds: fc.boolean(), letsGo: fc.nat(20), weight: fc.nat(30) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const kept = new Kept<number>(8, 200, (key) => expect(held).not.toContain(key))
        const held: string[] = []
        let most = 0
        for (const [i, { holds, letsGo, weight }] of steps.entries()) {
          const key = `${i}`
          kept.add(key, i, weight)
          if (i > 0) expect(kept.has(`${i - 1}`)).toBe(true)
          if (holds) {
            expect(kept.hold(key)).toBe(true)
            held.push(key)
          }
          const [done] = letsGo < held.length ? held.splice(letsGo, 1) : []
          if (done !== undefined) kept.letGo(done)
          for (const each of held) expect(kept.get(each)).toBe(Number(each))
          most = Math.max(most, held.length)
          expect([...kept.values()].length).toBeLessThanOrEqual(3 * (8 + most))
        }
      }),
    )
  })
})
