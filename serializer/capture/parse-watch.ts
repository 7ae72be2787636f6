// Which script did not parse, and where: V8 tells nobody but a debugger (Debugger.scriptFailedToParse,
// Runtime.getExceptionDetails).
import type { Session } from 'node:inspector'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

interface Failed {
  readonly url: string
}

/** Listens from when it is made until its `end`. Where there is no inspector, it knows nothing. */
export class ParseWatch {
  readonly #session: Session | undefined
  #last = ''

  constructor() {
    try {
      const inspector = createRequire(import.meta.url)('node:inspector') as typeof import('node:inspector')
      const session = new inspector.Session()
      session.connect()
      this.#session = session
    } catch {
      return
    }
    this.#session.on('Debugger.scriptFailedToParse', ({ params }: { params: Failed }) => {
      this.#last = params.url
    })
    this.#session.post('Debugger.enable')
    this.#session.post('Debugger.setSkipAllPauses', { skip: true })
  }

  /** file:line:column of a syntax error, counted from one; undefined if V8 does not tell. */
  placeOf(error: SyntaxError): string | undefined {
    const session = this.#session
    if (!session) return undefined
    let place: string | undefined
    const key = Symbol.for('cornichon import failure')
    Object.defineProperty(globalThis, key, { value: error, configurable: true })
    try {
      const expression = `globalThis[Symbol.for(${JSON.stringify(key.description)})]`
      session.post('Runtime.evaluate', { expression }, (_, { result }) => {
        const question = { errorObjectId: result.objectId }
        session.post(
          'Runtime.getExceptionDetails' as never,
          question as never,
          ((
            _: unknown,
            answer: { exceptionDetails?: { lineNumber: number; columnNumber: number } } | undefined,
          ) => {
            const { lineNumber = -1, columnNumber = -1 } = answer?.exceptionDetails ?? {}
            if (lineNumber >= 0) place = `${lineNumber + 1}:${columnNumber + 1}`
          }) as never,
        )
      })
    } catch {
      return undefined
    } finally {
      Reflect.deleteProperty(globalThis, key)
    }
    if (place === undefined || this.#last === '') return undefined
    return `${this.#last.startsWith('file:') ? fileURLToPath(this.#last) : this.#last}:${place}`
  }

  end(): void {
    this.#session?.disconnect()
  }
}
