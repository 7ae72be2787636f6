// To switch V8's debugger on takes longer than all else that a process needs to dump data for the first time.
import { expect, it } from 'vitest'
import { runScript } from '../support/script.ts'

const files = {
  'listen.mjs': `import { Session } from 'node:inspector'
    const { post } = Session.prototype
    globalThis.asked = []
    Session.prototype.post = function (method, ...rest) {
      globalThis.asked.push(method)
      return Reflect.apply(post, this, [method, ...rest])
    }`,
  'replace.mjs': `const NodeBuffer = Buffer
    globalThis.Buffer = class Buffer extends NodeBuffer { own() { return 1 } }`,
  'forge.mjs': `import { Serializer } from 'node:v8'
    Serializer.prototype.releaseBuffer = () => Object.setPrototypeOf(new Uint8Array(1), Buffer.prototype)`,
}
const dumped = (value: string, ...first: string[]) =>
  runScript<string[]>(
    `class Own { field = 1 }
    cornichon.dumps(${value})
    await report(globalThis.asked)`,
    { files, nodeArguments: ['./listen.mjs', ...first].flatMap((file) => ['--import', file]) },
  )

it('data of built-in types are dumped with the debugger off', async () => {
  const asked = await dumped(`[
    { a: [1, 'text', 2n, null], at: new Date(0), re: /x/g, none: undefined },
    new Map([[{ key: 1 }, new Set(['x'])]]), Object.freeze({ a: 1 }), Object.assign(Object.create(null), { a: 1 }),
    new Float64Array(3), new ArrayBuffer(8), new DataView(new ArrayBuffer(8)), Object('boxed'), Promise.resolve(1),
    new TypeError('wrong'), new AggregateError([new RangeError('far')]), new WeakMap(), new Intl.NumberFormat('en'),
    Buffer.from('text'), Buffer.alloc(9000), Math, Array.prototype.map, { [Symbol('own')]: 1, get: Map },
  ]`)
  expect(asked).not.toContain('Debugger.enable')
})

it('a class of the user’s is dumped with the debugger on: this test would see it', async () => {
  expect(await dumped('new Own()')).toContain('Debugger.enable')
})

const ofThatClass = 'Object.setPrototypeOf(new Uint8Array(1), Buffer.prototype)'

it('a class in the place of Buffer is not taken for Node’s, whatever its prototype is said to be', async () => {
  expect(await dumped(ofThatClass, './replace.mjs')).toContain('Debugger.enable')
  expect(await dumped(ofThatClass, './replace.mjs', './forge.mjs')).toContain('Debugger.enable')
})
