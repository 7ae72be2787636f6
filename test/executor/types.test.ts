// The types that flow through the executor: `tsc` checks them (npm run check); at run time only that nothing throws.
import {
  type ActorHandle,
  get,
  getActor,
  type ObjectRef,
  put,
  type RemoteFunction,
  type RemoteOptions,
  remote,
  transfer,
  wait,
} from 'cornichon/executor'
import { describe, expectTypeOf, it } from 'vitest'

declare const numberRef: ObjectRef<number>
declare const textRef: ObjectRef<string>

const square = remote((x: number) => x * x)
const later = remote(async (text: string, times = 1) => text.repeat(times))
const pair = remote((x: number): [number, string] => [x, String(x)])

class Counter {
  #count = 0
  readonly label: string
  constructor(label: string, start = 0) {
    this.label = label
    this.#count = start
  }
  add(by: number): number {
    return (this.#count += by)
  }
  async history(): Promise<string[]> {
    return []
  }
}

/** Only for its types. */
const never = (_: () => unknown) => {}

describe('X2 types', () => {
  it('a call gives a ref of the result, and a promise of it is unwrapped', () => {
    never(() => {
      expectTypeOf(square.remote(2)).toEqualTypeOf<ObjectRef<number>>()
      expectTypeOf(later.remote('a')).toEqualTypeOf<ObjectRef<string>>()
      expectTypeOf(later.remote('a', 3)).toEqualTypeOf<ObjectRef<string>>()
      expectTypeOf(square).toEqualTypeOf<RemoteFunction<(x: number) => number>>()
    })
  })

  it('an argument may be a ref of its type, and nothing else', () => {
    never(() => {
      square.remote(numberRef)
      later.remote(textRef, numberRef)
      // @ts-expect-error: a ref of a string is no number
      square.remote(textRef)
      // @ts-expect-error: nor is a string
      square.remote('2')
      // @ts-expect-error: there is one argument
      square.remote(1, 2)
      // @ts-expect-error: and it is needed
      square.remote()
      // @ts-expect-error: it is called with .remote
      square(2)
    })
  })

  it('options are known by name, and numReturns gives as many refs', () => {
    never(() => {
      expectTypeOf(square.options({ maxRetries: 1 }).remote(2)).toEqualTypeOf<ObjectRef<number>>()
      expectTypeOf(pair.options({ numReturns: 2 }).remote(1)).toEqualTypeOf<
        [ObjectRef<number>, ObjectRef<string>]
      >()
      expectTypeOf(pair.options({ numReturns: 0 }).remote(1)).toEqualTypeOf<undefined>()
      expectTypeOf(pair.options({ numReturns: 2 }).options({ name: 'x' }).remote(1)).toEqualTypeOf<
        [ObjectRef<number>, ObjectRef<string>]
      >()
      const both = remote((x: number): [number, string] => [x, 'a'], { numReturns: 2, maxRetries: 1 })
      expectTypeOf(both.remote(1)).toEqualTypeOf<[ObjectRef<number>, ObjectRef<string>]>()
      expectTypeOf(both.options({ name: 'x' }).remote(1)).toEqualTypeOf<
        [ObjectRef<number>, ObjectRef<string>]
      >()
      expectTypeOf(both.options({ numReturns: 1 }).remote(1)).toEqualTypeOf<ObjectRef<[number, string]>>()
      expectTypeOf(remote((x: number) => x, { maxRetries: 1 })).toEqualTypeOf(square)
      expectTypeOf(remote((x: number) => x, {} as RemoteOptions)).toEqualTypeOf(square)
      // @ts-expect-error: there is no such option
      square.options({ numCpu: 1 })
      // @ts-expect-error: nor is there beside others
      square.options({ numReturns: 1, numCpu: 1 })
      // @ts-expect-error: nor is there at once
      remote(() => 1, { numReturns: 1, numCpu: 1 })
      // @ts-expect-error: it is a number
      remote(() => 1, { maxRetries: 'often' })
    })
  })

  it('how many refs a call gives may not be known before it runs', () => {
    never(() => {
      const count = 1 as number
      type Any = ObjectRef<number[]> | ObjectRef<number>[] | undefined
      const list = remote(() => [1, 2, 3])
      expectTypeOf(list.options({ numReturns: count }).remote()).toEqualTypeOf<Any>()
      expectTypeOf(remote(() => [1, 2, 3], { numReturns: count }).remote()).toEqualTypeOf<Any>()
      expectTypeOf(list.options({ numReturns: 1 as 1 | 3 }).remote()).toEqualTypeOf<
        ObjectRef<number[]> | ObjectRef<number>[]
      >()
      expectTypeOf(list.options({ numReturns: count }).options({ numReturns: 3 }).remote()).toEqualTypeOf<
        ObjectRef<number>[]
      >()
      const { history } = remote(Counter).remote('a')
      expectTypeOf(history.options({ numReturns: count }).remote()).toEqualTypeOf<
        ObjectRef<string[]> | ObjectRef<string>[] | undefined
      >()
    })
  })

  it('a method gives as many, too', () => {
    never(() => {
      const { history } = remote(Counter).remote('a')
      expectTypeOf(history.options({ numReturns: 2 }).remote()).toEqualTypeOf<ObjectRef<string>[]>()
      expectTypeOf(history.options({ name: 'x' }).remote()).toEqualTypeOf<ObjectRef<string[]>>()
    })
  })

  it('get gives values, of lists element by element', () => {
    never(() => {
      expectTypeOf(get(numberRef)).toEqualTypeOf<Promise<number>>()
      expectTypeOf(get([numberRef, textRef])).toEqualTypeOf<Promise<[number, string]>>()
      expectTypeOf(get([] as ObjectRef<number>[])).toEqualTypeOf<Promise<number[]>>()
      expectTypeOf(get<number>(numberRef)).toEqualTypeOf<Promise<number>>()
      const either = numberRef as typeof numberRef | typeof textRef
      expectTypeOf(get(either)).toEqualTypeOf<Promise<number | string>>()
      expectTypeOf(get([either])).toEqualTypeOf<Promise<[number | string]>>()
      // @ts-expect-error: not a ref
      get(5)
    })
  })

  it('put, wait and transfer keep the type', () => {
    never(() => {
      expectTypeOf(put({ a: 1 })).toEqualTypeOf<ObjectRef<{ a: number }>>()
      expectTypeOf(wait([numberRef])).toEqualTypeOf<
        Promise<[ready: ObjectRef<number>[], pending: ObjectRef<number>[]]>
      >()
      expectTypeOf(transfer(new Uint8Array(1), [])).toEqualTypeOf<Uint8Array<ArrayBuffer>>()
    })
  })

  it('a class gives a handle whose methods are remote', () => {
    never(() => {
      const handle = remote(Counter).remote('a')
      expectTypeOf(handle).toEqualTypeOf<ActorHandle<Counter>>()
      expectTypeOf(handle.add.remote(1)).toEqualTypeOf<ObjectRef<number>>()
      expectTypeOf(handle.add.remote(numberRef)).toEqualTypeOf<ObjectRef<number>>()
      expectTypeOf(handle.history.remote()).toEqualTypeOf<ObjectRef<string[]>>()
      remote(Counter, { maxRestarts: 1, isolate: false }).options({ lifetime: 'detached' }).remote(textRef, 5)
      expectTypeOf(getActor<Counter>('x')).toEqualTypeOf<Promise<ActorHandle<Counter>>>()
      // @ts-expect-error: the constructor takes a string
      remote(Counter).remote(5)
      // @ts-expect-error: a field is not a method
      handle.label.remote()
      // @ts-expect-error: an option of tasks
      remote(Counter, { maxCalls: 1 })
    })
  })
})
