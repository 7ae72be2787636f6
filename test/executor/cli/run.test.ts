// `cornichon run`: what it calls and prints, and how it ends.
import { writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { dumps } from '../../../serializer/index.ts'
import { cornichon } from '../../support/command.ts'
import { createWorkspace } from '../../support/workspace.ts'

const workspace = createWorkspace()
afterAll(() => workspace.remove())

function run(value: unknown, ...flags: string[]) {
  const file = workspace.path('value.crn')
  writeFileSync(file, dumps(value))
  return cornichon(workspace.folder, 'run', file, ...flags)
}

describe('cornichon run', () => {
  it('calls a function with the arguments and prints the result', () => {
    const offset = 10
    const outcome = run((a: number, b: { c: number }) => a + b.c + offset, '--args', '[1, { "c": 2 }]')
    expect(outcome).toEqual({ code: 0, stdout: '13\n', stderr: '' })
  })

  it('prints a string as it is, other values as Node shows them, and nothing for undefined', () => {
    expect(run(() => 'text').stdout).toBe('text\n')
    expect(run(() => new Map([['a', [1n]]])).stdout).toBe("Map(1) { 'a' => [ 1n ] }\n")
    expect(run(() => undefined).stdout).toBe('')
    expect(run(() => null).stdout).toBe('null\n')
  })

  it('--json prints the result as JSON', () => {
    expect(JSON.parse(run(() => ({ a: [1, 'x'] }), '--json').stdout)).toEqual({ a: [1, 'x'] })
    expect(run(() => undefined, '--json').stdout).toBe('null\n')
    expect(run(() => 1n, '--json')).toMatchObject({ code: 1, stdout: '' })
  })

  it('awaits promises', () => {
    const later = async (x: number) => {
      await new Promise((resolve) => setTimeout(resolve, 1))
      return x * 2
    }
    expect(run(later, '--args', '[4]')).toEqual({ code: 0, stdout: '8\n', stderr: '' })
  })

  it('prints a value that is no function, and a class, as it is', () => {
    expect(run({ a: 1 }).stdout).toBe('{ a: 1 }\n')
    expect(run(class Thing {}).stdout).toBe('[class Thing]\n')
  })

  it('shows a thrown error with its stack and its cause, exit code 1', () => {
    const { code, stdout, stderr } = run(function fails() {
      throw new RangeError('too far', { cause: new TypeError('the root of it') })
    })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/RangeError: too far\n\s+at fails /)
    expect(stderr).toContain('TypeError: the root of it')
  })

  it("an error's stack has the program's frames alone, also of causes and behind an await", () => {
    const { stderr } = run(async function outer() {
      await null
      function inner() {
        throw new RangeError('of the inner')
      }
      try {
        inner()
      } catch (cause) {
        throw Object.assign(new Error('of the outer', { cause }), { code: 'E' })
      }
    })
    expect(stderr).toMatch(/Error: of the outer\n\s+at outer /)
    expect(stderr).toMatch(/RangeError: of the inner\n\s+at inner /)
    expect(stderr).toContain("code: 'E'")
    expect(stderr).not.toMatch(/commander|executor|serializer|node:internal/)
  })

  it('shows what a promise was rejected with, also if it is no error, exit code 1', () => {
    expect(run(async () => Promise.reject({ reason: 7 }))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('{ reason: 7 }'),
    })
  })

  it('says when a promise can never be settled, exit code 1', () => {
    const { code, stderr } = run(() => new Promise(() => {}))
    expect(code).toBe(1)
    expect(stderr).toMatch(/waits for a promise/)
  })

  it('keeps the exit code that the program sets', () => {
    expect(run(() => void (process.exitCode = 5)).code).toBe(5)
  })

  it('imports the ES-only packages of the folder that --packages names, or of the current one', () => {
    workspace.write({
      'app/node_modules/es-only/package.json':
        '{ "name": "es-only", "version": "1.0.0", "type": "module", "exports": "./index.js" }',
      'app/node_modules/es-only/index.js': 'await 0; export const name = () => import.meta.url.slice(-8)',
      'app/main.mjs': `import { name } from 'es-only'\nexport const f = () => name()`,
      'empty/.keep': '',
    })
    expect(cornichon(workspace.path('app'), 'pack', 'main.mjs#f', '-o', '../f.crn').code).toBe(0)
    workspace.remove('app', 'main.mjs')
    const bundle = workspace.path('f.crn')
    expect(cornichon(workspace.path('app'), 'run', bundle).stdout).toBe('index.js\n')
    const empty = workspace.path('empty')
    expect(cornichon(empty, 'run', bundle, '--packages', '../app').stdout).toBe('index.js\n')
    const missing = cornichon(empty, 'run', bundle)
    expect(missing.code).toBe(1)
    expect(missing.stderr).toMatch(/es-only.*1\.0\.0/)
  })

  it.each<[string, string[], RegExp]>([
    ['a missing file', ['none.crn'], /there is no none\.crn/],
    ['a folder', ['.'], /it is a folder/],
    ['a file that is no bundle', ['text.crn'], /text\.crn can't be used: .*no bundle/],
    ['an empty file', ['empty.crn'], /no bundle/],
    ['a damaged bundle', ['damaged.crn'], /damaged|truncated/],
    ['arguments that are not JSON', ['one.crn', '--args', '{peter}'], /--args is not JSON/],
    ['arguments that are no array', ['one.crn', '--args', '22'], /Write --args '\[22\]'/],
    ['arguments for what is no function', ['one.crn', '--args', '[]'], /holds no function/],
    ['what is for a fleet, without one', ['one.crn', '--tls-ca', 'x'], /--tls-ca goes with --address/],
    ['keys without a fleet', ['one.crn', '--trust-file', 'a', 'b'], /--trust-file goes with --address/],
    [
      '--packages with a fleet',
      ['one.crn', '--packages', '.', '--address', 'redis://x'],
      /--packages goes without/,
    ],
    ['--packages that names no folder', ['one.crn', '--packages', 'nowhere'], /--packages names no folder/],
  ])('%s is told without a stack, exit code 2', (_, args, message) => {
    workspace.write({
      'text.crn': 'some text',
      'empty.crn': '',
      'one.crn': dumps(1),
      'damaged.crn': dumps({ a: 1 }).subarray(0, -1),
    })
    const { code, stdout, stderr } = cornichon(workspace.folder, 'run', ...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/^\s+at /m)
  })
})
