// Small results do not leave a thread as messages, but through memory: nothing of that is to be seen.
import { currentTask, get, init, remote, shutdown } from 'cornichon/executor'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Answers } from '../../executor/threads/answers.ts'

describe('small results of a thread', () => {
  beforeAll(() => init({ numCpus: 2, logToDriver: false }))
  afterAll(() => shutdown())

  const values: unknown[] = [
    ...[undefined, null, true, false, 0, -0, 1.5, -7, 1e21, Number.NaN, Number.NEGATIVE_INFINITY, 10n],
    ...['', 'text', 'ü 🥒 \u2028 \ud800', 'x'.repeat(300), 'ü'.repeat(200), 'y'.repeat(100_000)],
  ]

  it('are what was returned, however many there are at once', async () => {
    const pick = remote((n: number) => values[n % values.length])
    const numbers = Array.from({ length: 40 * values.length }, (_, n) => n)
    for (let round = 0; round < 3; round++) {
      const results = await get(numbers.map((n) => pick.remote(n)))
      expect(results).toEqual(numbers.map((n) => values[n % values.length]))
    }
  })

  it('are there though the thread goes on to a call that does not end', async () => {
    const run = remote((gate: Int32Array | null) => {
      if (gate !== null) Atomics.wait(gate, 0, 0, 20_000)
      return currentTask().worker
    })
    await get(Array.from({ length: 40 }, () => run.remote(null)))
    const gate = new Int32Array(new SharedArrayBuffer(4))
    const refs = [run.remote(null), run.remote(null), run.remote(gate)]
    await get(refs.slice(0, 2))
    Atomics.store(gate, 0, 1)
    Atomics.notify(gate, 0)
    await get(refs[2]!)
  })
})

describe('the memory that they go through', () => {
  const sides = () => {
    const reader = new Answers()
    return { reader, writer: new Answers(reader.memory) }
  }

  it('keeps them until what was posted before them has been received', () => {
    const { reader, writer } = sides()
    expect(writer.put(['done', 'a', { plain: 1 }, 0.5], 0)).toBe(true)
    expect(writer.put(['done', 'b', null, 0.5], 1)).toBe(true)
    expect(writer.put(['done', 'c', { plain: undefined }, 0.5], 1)).toBe(true)
    expect(reader.take(0)).toEqual(['done', 'a', { plain: 1 }, 0.5])
    expect(reader.take(0)).toBe(null)
    expect(reader.take(1)).toEqual(['done', 'b', null, 0.5])
    expect(reader.take(1)).toEqual(['done', 'c', { plain: undefined }, 0.5])
    expect(reader.take(1)).toBe(null)
  })

  it('says when it is full, and has room again when they are taken', () => {
    const { reader, writer } = sides()
    let count = 0
    for (let round = 0; round < 3; round++) {
      const from = count
      while (writer.put(['done', `call ${count}`, { plain: count }, 0], 0)) count++
      expect(count).toBeGreaterThan(from)
      for (let n = from; n < count; n++)
        expect(reader.take(0)).toEqual(['done', `call ${n}`, { plain: n }, 0])
      expect(reader.take(0)).toBe(null)
    }
  })

  it('tells of the first that comes after the other side has looked', () => {
    const { reader, writer } = sides()
    writer.put(['done', 'a', null, 0], 0)
    expect([writer.mustTell(), writer.mustTell()]).toEqual([true, false])
    reader.listen()
    expect([writer.mustTell(), writer.mustTell()]).toEqual([true, false])
  })

  it('takes no value that JSON would change, and none that is long', () => {
    const { writer } = sides()
    const refused = [-0, Number.NaN, 10n, 'ü'.repeat(200), 'x'.repeat(1000)]
    for (const plain of refused) expect(writer.put(['done', 'a', { plain }, 0], 0)).toBe(false)
    expect(writer.put(['done', 'a', [{ plain: 1 }], 0], 0)).toBe(false)
    expect(writer.put(['done', 'a', { bundle: new Uint8Array(1) }, 0], 0)).toBe(false)
  })
})
