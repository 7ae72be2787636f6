// biome-ignore-all lint/correctness: the rows are about such code
// V6: errors.
import type { Table } from '../../support/rows.ts'

export function errors({ row }: Table): void {
  row(
    'V6',
    'a stack that was captured for what is no native error: of constructors from before classes, say',
    {
      showsPaths: 'an error keeps its stack',
      build() {
        function Failure(this: any, message: string) {
          ;(Error as any).captureStackTrace(this, Failure)
          this.message = message
        }
        Failure.prototype = Object.create(Error.prototype, { constructor: { value: Failure } })
        const failure = new (Failure as any)('it failed')
        const plain: any = { a: 1 }
        ;(Error as any).captureStackTrace(plain)
        plain.b = 2
        const changed: any = {}
        ;(Error as any).captureStackTrace(changed)
        changed.stack = 'of its own'
        Object.freeze(changed)
        return { failure, plain, changed, stacks: [failure.stack, plain.stack] }
      },
      check({ failure, plain, changed, stacks }, assert) {
        assert.deepEqual([failure.stack, plain.stack], stacks)
        assert.ok(failure instanceof Error && failure.message === 'it failed')
        assert.deepEqual(
          [Object.keys(plain), Object.getOwnPropertyNames(plain)],
          [
            ['a', 'b'],
            ['a', 'stack', 'b'],
          ],
        )
        assert.equal(changed.stack, 'of its own')
        assert.ok(Object.isFrozen(changed))
        const own = {}
        ;(Error as any).captureStackTrace(own)
        const kindOf = (object: object) => typeof Object.getOwnPropertyDescriptor(object, 'stack')!.get
        assert.deepEqual([failure, plain, changed].map(kindOf), [own, own, own].map(kindOf))
        failure.stack = 'another'
        assert.equal(failure.stack, 'another')
      },
    },
  )

  row('V6', 'every Error kind: message, stack, cause, own properties', {
    build() {
      const kinds = [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError]
      const errors: any[] = kinds.map((Kind) => new Kind(`a ${Kind.name}`, { cause: { code: 1 } }))
      errors[0].code = 'E_OWN'
      errors[1].stack = 'a stack of its own'
      const bare = new Error()
      const cyclic: any = new Error('cyclic')
      cyclic.cause = cyclic
      const undefinedCause = new Error('u', { cause: undefined })
      return {
        errors,
        bare,
        cyclic,
        undefinedCause,
        stacks: errors.map((e) => e.stack),
        fail: () => Promise.reject(errors[0]),
      }
    },
    showsPaths: 'an error keeps its stack',
    async check({ errors, bare, cyclic, undefinedCause, stacks, fail }, assert) {
      assert.deepEqual(
        errors.map((e) => e.constructor.name),
        ['Error', 'TypeError', 'RangeError', 'SyntaxError', 'ReferenceError', 'EvalError', 'URIError'],
      )
      errors.forEach((e, i) => {
        assert.equal(e.message, `a ${e.name}`)
        assert.equal(e.stack, stacks[i])
        assert.deepEqual(e.cause, { code: 1 })
        assert.equal(Object.prototype.toString.call(e), '[object Error]')
        assert.deepEqual(Object.getOwnPropertyDescriptor(e, 'message')!.enumerable, false)
      })
      assert.equal(errors[0].code, 'E_OWN')
      assert.equal(Object.hasOwn(bare, 'message'), false)
      assert.equal(Object.hasOwn(bare, 'cause'), false)
      assert.equal(Object.hasOwn(undefinedCause, 'cause'), true)
      assert.equal(cyclic.cause, cyclic)
      await assert.rejects(fail(), errors[0])
    },
  })

  row('V6', "stacks that are properties of the program's own: where they stand, and what they are", {
    build() {
      const late = Object.assign(new Error('late'), { a: 1 })
      delete late.stack
      late.stack = 'of its own'
      const captured = Object.assign(new Error('captured'), { a: 1 })
      delete captured.stack
      Error.captureStackTrace(captured)
      const replaced = new Error('replaced')
      Object.defineProperty(replaced, 'stack', { value: 'another', writable: true, configurable: true })
      const fixed = new Error('fixed')
      Object.defineProperty(fixed, 'stack', { value: 'for ever', writable: false, configurable: false })
      const dom = Object.assign(new DOMException('gone', 'AbortError'), { a: 1 })
      delete dom.stack
      dom.stack = 'of its own'
      const errors: any[] = [late, captured, replaced, fixed, dom]
      return { errors, stacks: errors.map((error) => error.stack) }
    },
    showsPaths: 'an error keeps its stack',
    check({ errors, stacks }, assert) {
      const [late, captured, replaced, fixed, dom] = errors
      assert.deepEqual(
        errors.map((error) => error.stack),
        stacks,
      )
      const last = ['message', 'a', 'stack']
      assert.deepEqual(Object.getOwnPropertyNames(late), last)
      assert.deepEqual(Object.getOwnPropertyNames(captured), last)
      assert.deepEqual(Object.getOwnPropertyNames(replaced), ['stack', 'message'])
      assert.deepEqual(Object.getOwnPropertyNames(dom).slice(-2), ['a', 'stack'])
      const attributes = (error: Error) => {
        const { get, writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(error, 'stack')!
        return [typeof get, writable, enumerable, configurable]
      }
      assert.deepEqual(attributes(late), ['undefined', true, true, true])
      assert.deepEqual(attributes(dom), ['undefined', true, true, true])
      assert.deepEqual(attributes(replaced), ['undefined', true, false, true])
      assert.deepEqual(attributes(fixed), ['undefined', false, false, false])
    },
  })

  row('V6', 'errors of classes with private fields and others have their stack, and have it first', {
    build() {
      class Failure extends Error {
        #uses = 1
        code = 'E_FAILURE'
        uses = () => this.#uses
      }
      class Failures extends AggregateError {
        #uses = 2
        code = 'E_FAILURES'
        get uses() {
          return () => this.#uses
        }
      }
      const errors = [new Failure('one'), new Failures([1], 'several')]
      return { errors, stacks: errors.map((error) => error.stack), keys: errors.map(Reflect.ownKeys) }
    },
    showsPaths: 'an error keeps its stack',
    check({ errors, stacks, keys }, assert) {
      assert.deepEqual(
        errors.map((error) => error.stack),
        stacks,
      )
      assert.deepEqual(errors.map(Reflect.ownKeys), keys)
      assert.deepEqual(
        errors.map((error) => error.uses()),
        [1, 2],
      )
    },
  })

  row('V6', 'AggregateError, DOMException, errors that Node threw', {
    build() {
      const aggregate = new AggregateError([new TypeError('one'), 'two'], 'several')
      const dom = new DOMException('gone', 'AbortError')
      let fromNode: any
      try {
        process.getBuiltinModule('node:fs').readFileSync('/does/not/exist')
      } catch (error) {
        fromNode = error
      }
      let typed: any
      try {
        new URL('not a url')
      } catch (error) {
        typed = error
      }
      return { aggregate, dom, fromNode, typed }
    },
    showsPaths: 'an error keeps its stack',
    check({ aggregate, dom, fromNode, typed }, assert) {
      assert.ok(aggregate instanceof AggregateError)
      assert.equal(aggregate.message, 'several')
      assert.ok(aggregate.errors[0] instanceof TypeError)
      assert.equal(aggregate.errors[1], 'two')
      assert.ok(dom instanceof DOMException)
      assert.deepEqual([dom.name, dom.message, dom.code], ['AbortError', 'gone', 20])
      assert.deepEqual(
        [fromNode.code, fromNode.syscall, fromNode.path],
        ['ENOENT', 'open', '/does/not/exist'],
      )
      assert.equal(typed.code, 'ERR_INVALID_URL')
      assert.ok(typed instanceof TypeError)
    },
  })
}
