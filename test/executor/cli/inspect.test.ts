// `cornichon inspect`: a tree for people, JSON for programs, and nothing is run.
import { afterAll, describe, expect, it } from 'vitest'
import { formatCount, formatTree } from '../../../executor/cli/format.ts'
import { formatTable } from '../../../executor/cli/table.ts'
import { parseSize } from '../../../executor/cli/worker.ts'
import { nearest } from '../../../runtime-env/nearest.ts'
import { formatSize } from '../../../runtime-env/size.ts'
import { dumps, inspectBundle } from '../../../serializer/index.ts'
import { cornichon } from '../../support/command.ts'
import { createWorkspace } from '../../support/workspace.ts'

const workspace = createWorkspace()
afterAll(() => workspace.remove())

const limit = 12
const table = new Map([['a', 'x'.repeat(5000)]])
const bytes = dumps(function look(key: string) {
  return table.get(key)?.slice(0, limit)
})
workspace.write({ 'look.crn': bytes, 'no.crn': 'text' })
const inspect = (...args: string[]) => cornichon(workspace.folder, 'inspect', ...args)

describe('cornichon inspect', () => {
  it('shows functions, what they captured, and sizes', () => {
    const { code, stdout } = inspect('look.crn')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^look\.crn: function look, 5\.\d+ kB/)
    expect(stdout).toMatch(/table = Map\(1\), 5\.\d+ kB/)
    expect(stdout).toMatch(/limit = 12/)
    expect(stdout).not.toContain('slice(0, limit)')
  })

  it('--source shows the text that would run', () => {
    expect(inspect('look.crn', '--source').stdout).toContain('slice(0, limit)')
  })

  it('--json prints what inspectBundle returns', () => {
    expect(JSON.parse(inspect('look.crn', '--json').stdout)).toEqual(inspectBundle(bytes))
  })

  it('what is no bundle is told without a stack, exit code 2', () => {
    const { code, stderr } = inspect('no.crn')
    expect(code).toBe(2)
    expect(stderr).toMatch(/^cornichon: no\.crn can't be used: .*\n$/)
  })
})

describe('what people read', () => {
  it('sizes have three digits', () => {
    expect(
      [0, 999, 1000, 4_321, 99_950, 999_499, 999_500, 2_460_000].map((bytes) => formatSize(bytes)),
    ).toEqual(['0 B', '999 B', '1.00 kB', '4.32 kB', '100 kB', '999 kB', '1.00 MB', '2.46 MB'])
    expect([1023, 1024, 10 * 2 ** 20, 3 * 2 ** 40].map((bytes) => formatSize(bytes, 1024))).toEqual([
      '1023 B',
      '1.00 KiB',
      '10.0 MiB',
      '3.00 TiB',
    ])
  })

  it('and are written so, too', () => {
    expect(['12', '1.5kB', '500MB', '20 GB', '2GiB', '1T'].map(parseSize)).toEqual([
      ...[12, 1500, 500e6, 20e9, 2 ** 31, 1e12],
    ])
    for (const wrong of ['', 'GB', '-1', '5 apples', '0', '1.2.3', '1iB'])
      expect(() => parseSize(wrong), wrong).toThrow('a size')
  })

  it('tables have a line for each row, whatever others have put into it', () => {
    const rows = [
      ['a\nb', '\x1b[2Jgone\x9b', null],
      ['c', 'd', 'e'.repeat(500)],
    ]
    expect(formatTable(['ONE', 'TWO', 'THREE'], rows).split('\n')).toEqual([
      'ONE   TWO                  THREE',
      'a\\nb  \\u001b[2Jgone\\u009b  -',
      `c     d                    ${'e'.repeat(400)}...`,
    ])
  })

  it('counts have a plural', () => {
    expect([formatCount(1, 'unit'), formatCount(2000, 'unit')]).toEqual(['1 unit', '2,000 units'])
  })

  it('trees draw their branches', () => {
    const tree = { label: 'a', children: [{ label: 'b', children: [{ label: 'c' }] }, { label: 'd' }] }
    expect(formatTree(tree)).toEqual(['a', '├─ b', '│  └─ c', '└─ d'])
  })

  it('the nearest name is suggested, and none that is far', () => {
    expect(nearest('serach', ['start', 'search', 'other'])).toBe('search')
    expect(nearest('x', ['something'])).toBeUndefined()
  })
})
