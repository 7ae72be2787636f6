// Slots: what is taken and given back.
import { expect, it } from 'vitest'
import { Resources } from '../../executor/local/resources.ts'

it('fractions that were taken and given back leave all that there was, in whatever order', () => {
  const slots = new Resources({ CPU: 2, gpu: 1 })
  const fractions = [0.1, 0.2, 0.3, 0.7, 0.15, 0.35, 1 / 3, 1 / 7, 1e-7]
  for (let round = 0; round < 50; round++) {
    for (const CPU of fractions) slots.take({ CPU, gpu: CPU })
    for (const CPU of [...fractions.slice(round % 9), ...fractions.slice(0, round % 9)].reverse())
      slots.give({ CPU, gpu: CPU })
  }
  expect(slots.fits({ CPU: 2, gpu: 1 })).toBe(true)
  expect(slots.describe()).toEqual({ CPU: { total: 2, free: 2 }, gpu: { total: 1, free: 1 } })
})

it('as many fractions fit as make a whole, and no more', () => {
  for (const count of [2, 3, 6, 7, 10, 100]) {
    const slots = new Resources({ gpu: 1 })
    const part = { gpu: 1 / count }
    for (let i = 0; i < count; i++) {
      expect(slots.fits(part)).toBe(true)
      slots.take(part)
    }
    expect(slots.fits(part)).toBe(false)
  }
})

it('amounts as large as memory in bytes are exact, and a resource may be called as a property of all objects', () => {
  const slots = new Resources({ CPU: 1, memory: 64e9 + 1 })
  slots.take({ memory: 64e9 })
  expect(slots.fits({ memory: 1 })).toBe(true)
  expect(slots.fits({ memory: 2 })).toBe(false)
  expect(slots.fits({ toString: 1 })).toBe(false)
  expect(slots.lacking({ toString: 1 })).toContain('it needs 1 of toString, and there are 0 in all')
})
