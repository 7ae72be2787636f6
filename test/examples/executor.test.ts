// The executor's examples print the same in the caller's thread as, in the demo (demo.test.ts), on threads and on a fleet.
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runNode } from '../support/command.ts'
import { root, tsxArguments } from '../support/paths.ts'

const run = (example: string, ...args: string[]) =>
  runNode(root, ...tsxArguments, join(root, 'examples', example), ...args)

describe('the examples of the executor, inline', () => {
  it('squares and their sum', () => {
    expect(run('parallel.ts', 'inline')).toEqual({
      code: 0,
      stdout: 'squares 1 4 9 16 25 36 49 64\ntheir sum 204\n',
      stderr: '',
    })
  })

  it('pi, with its progress', () => {
    const { code, stdout, stderr } = run('pi.ts', 'inline', '400000')
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^pi is about 3\.1[34]\d\n$/) })
    expect(stderr).toMatch(/100 % of the darts are thrown\n$/)
  })

  it('the words of the packages that are installed', () => {
    const { code, stdout } = run('words.ts', 'inline')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^\d+ texts, \d+ words\n(\p{L}+ \d+\n){5}$/u)
  })
})
