// Where V8's inspector is refused, functions can't be pickled, and an error says why; data can, and everything loads.
import { describe, expect, test } from 'vitest'
import { nodeMajor, root } from '../support/paths.ts'
import { runProgram } from './support.ts'

const permission = nodeMajor >= 22 ? '--permission' : '--experimental-permission'

const program = `
  const data = loads(dumps({ list: [1, 'two', new Map([[3, new Date(4)]])] }))
  const attempt = (value) => { try { return dumps(value).length > 0 } catch (error) { return [error.name, error.message] } }
  const problems = checkSerializable(() => 1)
  report({ data: [data.list[1], data.list[2].get(3).getTime()], fn: attempt(() => data), again: attempt(() => data), klass: attempt(class {}), intrinsic: attempt(Math.max), ok: problems.ok })`

interface Seen {
  readonly data: unknown
  readonly fn: [string, string]
  readonly again: [string, string]
  readonly klass: [string, string]
  readonly intrinsic: unknown
  readonly ok: boolean
}

function check(seen: Seen): void {
  expect(seen.data).toEqual(['two', 4])
  for (const [name, message] of [seen.fn, seen.again, seen.klass]) {
    expect(name).toMatch(/CaptureUnavailableError|PicklingError/)
    expect(message).toContain('inspector')
  }
  expect(seen.intrinsic).toBe(true)
  expect(seen.ok).toBe(false)
}

describe('without the inspector', () => {
  test('under the permission model', () => {
    check(
      runProgram(program, {
        nodeArguments: [permission, '--allow-fs-read=*', `--allow-fs-read=${root}`],
      }) as Seen,
    )
  })

  test('in a Node that was built without it, as far as a preload can show that', () => {
    // What such a build answers to require('node:inspector').
    const preload = `const Module = require('node:module')
      const load = Module._load
      Module._load = function (request, ...rest) {
        if (request === 'node:inspector' || request === 'inspector')
          throw Object.assign(new Error('Inspector is not available'), { code: 'ERR_INSPECTOR_NOT_AVAILABLE' })
        return load.call(this, request, ...rest)
      }`
    check(
      runProgram(program, {
        nodeArguments: ['--require', './preload.cjs'],
        files: { 'preload.cjs': preload },
      }) as Seen,
    )
  })
})
