import { Socket } from 'node:net'
import { get, type ObjectRef, remote, TaskError } from 'cornichon/executor'
import { expect, it } from 'vitest'
import type { Engine } from './index.ts'

class AppError extends Error {
  readonly code: number
  readonly extra: string
  constructor(code: number, extra: string) {
    super(`code ${code}`)
    this.code = code
    this.extra = extra
  }
  get shout(): string {
    return this.message.toUpperCase()
  }
}

const fail = remote(function failing(): never {
  throw new AppError(7, 'more')
})

async function errorOf(promise: Promise<unknown>): Promise<any> {
  return promise.then(
    () => expect.fail('it did not reject'),
    (error: unknown) => error,
  )
}

export function errorTests({ name }: Engine): void {
  it('X6 an error arrives as its own class and as a TaskError, with its properties', async () => {
    const error = await errorOf(get(fail.remote()))
    expect(error).toBeInstanceOf(AppError)
    expect(error).toBeInstanceOf(TaskError)
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ code: 7, extra: 'more', message: 'code 7', shout: 'CODE 7' })
    expect(new AppError(1, '')).not.toBeInstanceOf(TaskError)
  })

  it('X6 a result that can not be pickled is told by the name of its task, with the way in it', async () => {
    const running = function* () {
      yield 1
    }
    const counting = remote(() => ({ at: running() }), { name: 'counting' })
    const message = /^the result of counting: value -> \.at: a running generator/
    const error = await errorOf(get(counting.remote()))
    expect(error).toMatchObject({ name: 'PicklingError', message: expect.stringMatching(message) })
    expect(error.path).toBe('value -> .at')
    expect(error).toBeInstanceOf(TaskError)
  })

  it('X6 the code that waits for it is in its stack, behind that of the task, and nothing of how it got there', async () => {
    const waitsForOne = async () => await get(fail.remote())
    const waitsForAll = async () => await get([fail.remote()])
    const hasNoTime = async () =>
      await get(remote(() => new Promise(() => {}), { timeout: 500 }).remote(), { timeout: 1 })
    for (const [waits, name] of [
      [waitsForOne, 'waitsForOne'],
      [waitsForAll, 'waitsForAll'],
    ] as const) {
      const frames = (await errorOf(waits())).stack
        .split('\n')
        .filter((line: string) => !line.includes('node:'))
      expect(frames[0]).toBe('Error: code 7')
      expect(frames[1]).toMatch(/^\s+at failing \(/)
      expect(frames[2]).toMatch(/^\s+in task failing \(/)
      expect(frames[3]).toMatch(new RegExp(`^\\s+at (async )?${name} \\(.*errors`))
    }
    expect((await errorOf(hasNoTime())).stack).toMatch(
      /^GetTimeoutError: .*\n(.*\n)*\s+at (async )?hasNoTime/,
    )
  })

  it('X6 it has its own stack and the way to the task; the original is the cause', async () => {
    const error = await errorOf(get(fail.remote()))
    expect(error.stack).toMatch(/at failing \(/)
    expect(error.stack).toMatch(/in task failing \(t-\S+, \S+\)/)
    expect(error.cause).toBeInstanceOf(AppError)
    expect(error.cause).not.toBeInstanceOf(TaskError)
    expect(error.cause.stack).toMatch(/^Error: code 7\n\s+at failing/)
    expect(error.task).toMatchObject({ name: 'failing' })
    expect(error.task.worker).toContain(name === 'threads' ? 'thread' : name)
  })

  it('X6 what has no text, or a getter that throws, fails its task and no worker', async () => {
    const odd = [
      () => {
        throw Object.create(null)
      },
      () => {
        const error = new RangeError()
        const get = () => {
          throw new Error('no message')
        }
        throw Object.defineProperties(error, { stack: { get }, message: { get }, name: { get } })
      },
      () => {
        const error = Object.assign(new Error('with a socket'), { socket: new Socket() })
        throw Object.defineProperty(error, 'stack', { get: () => error.socket.remoteAddress!.length })
      },
    ]
    const errors = await Promise.all(odd.map((fn) => errorOf(get(remote(fn).remote()))))
    expect(errors.every((error) => error instanceof TaskError)).toBe(true)
    expect(errors[0].message).toMatch(/threw \[Object: null prototype\] \{\}$/)
    expect(errors[1].cause).toBeInstanceOf(RangeError)
    expect(errors[2].message).toBe('with a socket')
    const thenable = remote(() => ({
      get then(): unknown {
        throw new RangeError('no then')
      },
    }))
    expect(await errorOf(get(thenable.remote()))).toMatchObject({ message: 'no then' })
    class Picky {
      static [Symbol.hasInstance](): boolean {
        throw new Error('asked')
      }
    }
    const picky = remote(() => {
      throw new EvalError('once')
    }).options({ retryExceptions: [Picky] })
    expect(await errorOf(get(picky.remote()))).toMatchObject({ message: 'once' })
  })

  it('X6 what is thrown and is no error is the cause', async () => {
    const error = await errorOf(
      get(
        remote(() => {
          throw { not: 'an error' }
        }).remote(),
      ),
    )
    expect(error).toBeInstanceOf(TaskError)
    expect(error.cause).toEqual({ not: 'an error' })
  })

  it('X6 a task whose argument failed does not run, and fails the same way', async () => {
    const after = remote((value: unknown) => value)
    const error = await errorOf(get(after.remote(after.remote(fail.remote()))))
    expect(error).toBeInstanceOf(AppError)
    expect(error.task.name).toBe('failing')
  })

  it('X6 a task that got an error and threw it on keeps the chain', async () => {
    const middle = remote(async function middle() {
      await get(fail.remote())
    })
    const error = await errorOf(get(middle.remote()))
    expect(error).toBeInstanceOf(AppError)
    expect(error.task.name).toBe('middle')
    expect(error.cause).toBeInstanceOf(TaskError)
    expect(error.cause.task.name).toBe('failing')
    expect(error.cause.cause).toBeInstanceOf(AppError)
  })

  it('X6 results and errors that can not be pickled fail clearly', async () => {
    const generator = remote(() => {
      const running = (function* () {
        yield 1
      })()
      running.next()
      return { state: running }
    })
    const error = await errorOf(get(generator.remote()))
    expect(error.message).toMatch(/state/)
    const odd = remote(() => {
      throw Object.assign(new RangeError('has a timer'), { timer: setTimeout(() => {}, 0) })
    })
    expect((await errorOf(get(odd.remote()))).message).toBe('has a timer')
  })

  it('X6 an error of which a part can not be pickled has its class and all the rest', async () => {
    const request = remote(() => {
      throw Object.assign(new AppError(503, 'later'), { request: setTimeout(() => {}, 0), tries: [1, 2] })
    })
    const error = await errorOf(get(request.remote()))
    expect(error).toBeInstanceOf(AppError)
    expect(error).toMatchObject({ code: 503, tries: [1, 2], shout: 'CODE 503' })
    expect(error).not.toHaveProperty('request')
    expect(error.stack).toMatch(/not all of the error could be sent: .*\.request: a Timeout is a timer/)
  })

  it('X6 what an error holds inside is there: private fields, the name of a DOMException', async () => {
    class Secretive extends Error {
      readonly #code = 7
      get code(): number {
        return this.#code
      }
    }
    const secretive = await errorOf(
      get(
        remote(() => {
          throw new Secretive('kept')
        }).remote(),
      ),
    )
    expect(secretive).toBeInstanceOf(Secretive)
    expect(secretive).toMatchObject({ message: 'kept', code: 7 })
    expect(secretive.cause.code).toBe(7)
    const aborted = await errorOf(get(remote(() => AbortSignal.abort().throwIfAborted()).remote()))
    expect(aborted).toBeInstanceOf(DOMException)
    expect(aborted).toBeInstanceOf(TaskError)
    expect(aborted).toMatchObject({ name: 'AbortError', code: 20 })
    expect(aborted.stack).toMatch(/in task/)
    const through = remote(async (refs: ObjectRef<void>[]) => get(refs))
    const outer = await errorOf(
      get(through.remote([remote(() => AbortSignal.abort().throwIfAborted()).remote()])),
    )
    expect(outer).toMatchObject({
      name: 'AbortError',
      cause: { name: 'AbortError', cause: { name: 'AbortError' } },
    })
    expect(outer.cause).toBeInstanceOf(TaskError)
  })

  it('X6 arguments that can not be pickled throw at the call', () => {
    const timer = setTimeout(() => {}, 0)
    clearTimeout(timer)
    expect(() => remote((value: unknown) => value).remote({ timer })).toThrow(/timer/)
  })
}
