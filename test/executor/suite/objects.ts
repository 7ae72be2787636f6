import {
  ActorDiedError,
  free,
  GetTimeoutError,
  get,
  ObjectLostError,
  put,
  remote,
  transfer,
  wait,
} from 'cornichon/executor'
import { expect, it } from 'vitest'
import type { Engine } from './index.ts'

const never = remote(() => new Promise<string>(() => {}), { numCpus: 0 })
const now = remote(<T>(value: T) => value)
const soon = remote(() => new Promise((resolve) => setTimeout(resolve, 100)))
const both = remote((a: unknown, b: unknown) => [a, b])

class Holder {
  constructor(..._: unknown[]) {}
  both(a: unknown, b: unknown) {
    return [a, b]
  }
}

export function objectTests(_: Engine): void {
  it('X3 put stores a copy, any number of readers get theirs', async () => {
    const value = { list: [1] }
    const ref = put(value)
    value.list.push(2)
    const [a, b] = await get([ref, ref])
    expect([a, b]).toEqual([{ list: [1] }, { list: [1] }])
    expect(a).not.toBe(b)
    expect(() => put(ref)).toThrow(TypeError)
  })

  it('X3 get says what it takes', async () => {
    await expect(get(5 as never)).rejects.toThrow(
      'get takes refs, as remote(...) and put return them, not a number',
    )
    await expect(get([put(1), {}] as never)).rejects.toThrow(/not an object/)
    await expect(get(put(1), { timout: 3 } as object)).rejects.toThrow(/Did you mean timeout/)
  })

  it('X3 transfer says that it takes a list of buffers', () => {
    const buffer = new ArrayBuffer(8)
    const message = /^transfer is given the value and a list of its ArrayBuffers/
    for (const buffers of [undefined, buffer, [new Uint8Array(buffer)]]) {
      expect(() => transfer(buffer, buffers as never)).toThrow(TypeError)
      expect(() => transfer(buffer, buffers as never)).toThrow(message)
    }
  })

  it('X3 get with a timeout rejects when it is over, and 0 only looks', async () => {
    const pending = never.remote()
    await expect(get(pending, { timeout: 20 })).rejects.toBeInstanceOf(GetTimeoutError)
    await expect(get([put(1), pending], { timeout: 0 })).rejects.toThrow(/1 of 2 are still pending/)
    expect(await get(put(5), { timeout: 0 })).toBe(5)
    expect(await get(now.remote(6), { timeout: 60_000 })).toBe(6)
  })

  it('X3 a timeout that is longer than timers can be, or Infinity, does not end at once', async () => {
    const soon = remote(async () => {
      await new Promise((resolve) => setTimeout(resolve, 50))
      return 1
    })
    for (const timeout of [2 ** 31, 1e12, Infinity]) {
      expect(await get(soon.remote(), { timeout })).toBe(1)
      expect((await wait([soon.remote()], { timeout }))[0]).toHaveLength(1)
      expect(await get(soon.options({ timeout }).remote())).toBe(1)
    }
  })

  it('X3 wait returns as many as are asked for, in the order of the list', async () => {
    const refs = [never.remote(), now.remote(1), never.remote(), now.remote(2)]
    const [ready, pending] = await wait(refs, { numReturns: 2 })
    expect(ready).toEqual([refs[1], refs[3]])
    expect(pending).toEqual([refs[0], refs[2]])
    const [one, rest] = await wait(refs)
    expect(one).toEqual([refs[1]])
    expect(rest).toEqual([refs[0], refs[2], refs[3]])
  })

  it('X3 wait with a timeout returns what is there by then', async () => {
    const refs = [never.remote(), put(1)]
    expect(await wait(refs, { numReturns: 2, timeout: 20 })).toEqual([[refs[1]], [refs[0]]])
    expect(await wait(refs, { numReturns: 2, timeout: 0 })).toEqual([[refs[1]], [refs[0]]])
  })

  it('X3 wait counts what failed as ready', async () => {
    const fails = remote(() => {
      throw new Error('no')
    })
    const ref = fails.remote()
    expect(await wait([ref])).toEqual([[ref], []])
  })

  it('X3 wait refuses duplicates, too many, and what is no ref', async () => {
    const ref = put(1)
    await expect(wait([ref, ref])).rejects.toThrow(/the same ref twice/)
    await expect(wait([ref], { numReturns: 2 })).rejects.toThrow(/2 refs, and was given 1/)
    await expect(wait([1 as never])).rejects.toThrow(/wait takes refs/)
    await expect(wait(ref as never)).rejects.toThrow(/a list of refs/)
  })

  it('X3 a freed object is lost, and says so', async () => {
    const ref = put('x')
    free(ref)
    await expect(get(ref)).rejects.toBeInstanceOf(ObjectLostError)
    await expect(get(now.remote(ref))).rejects.toThrow(/was freed/)
    expect(() => free(5 as never)).toThrow(
      'free takes refs, as remote(...) and put return them, not a number',
    )
  })

  it('X3 an object that is freed while a call waits is lost for the call, too', async () => {
    const freed = put('x')
    const gate = soon.remote()
    const call = both.remote(freed, gate)
    const actor = remote(Holder).remote()
    const method = actor.both.remote(freed, gate)
    const constructed = remote(Holder).remote(freed, gate).both.remote(1, 2)
    free(freed)
    await expect(get(call)).rejects.toBeInstanceOf(ObjectLostError)
    await expect(get(call)).rejects.toThrow(/was freed/)
    await expect(get(method)).rejects.toBeInstanceOf(ObjectLostError)
    await expect(get(constructed)).rejects.toBeInstanceOf(ActorDiedError)
    await expect(get(constructed)).rejects.toThrow(/was freed/)
    expect(await get(actor.both.remote(1, 2))).toEqual([1, 2])
  })
}
