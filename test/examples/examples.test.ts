// The examples print what they promise where their source is gone.
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cornichon, runNode } from '../support/command.ts'
import { root } from '../support/paths.ts'
import { createWorkspace } from '../support/workspace.ts'
import { ideaLines } from './idea.ts'

const examples = join(root, 'examples')
const workspace = createWorkspace()
const elsewhere = workspace.path('elsewhere')
afterAll(() => workspace.remove())

beforeAll(() => {
  workspace.write({ 'project/package.json': '{ "type": "module" }', 'elsewhere/.keep': '' })
  workspace.link('project/node_modules', join(root, 'node_modules'))
  const pack = (file: string, name: string, bundle: string, ...flags: string[]) => {
    copyFileSync(join(examples, file), workspace.path('project', file))
    const { code, stderr } = cornichon(
      workspace.path('project'),
      ...['pack', `${file}#${name}`, '-o', `../${bundle}`, ...flags],
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  }
  pack('function.ts', 'greet', 'greet.crn')
  pack('class.ts', 'Reader', 'reader.crn')
  pack('program.ts', 'main', 'program.crn')
  pack('search.ts', 'search', 'search.crn')
  pack('search.ts', 'search', 'whole.crn', '--by-value', 'magic-string,@jridgewell/sourcemap-codec')
  workspace.remove('project')
})

describe('the examples, with their source gone', () => {
  it('the three that explain the idea print their seven lines', () => {
    const outcomes = [
      cornichon(elsewhere, 'run', '../greet.crn', '--args', '["peter", 22]'),
      runNode(elsewhere, join(examples, 'load-class.mjs'), '../reader.crn'),
      cornichon(elsewhere, 'run', '../program.crn'),
    ]
    expect(outcomes.map(({ stderr }) => stderr).join('')).toBe('')
    expect(outcomes.map(({ stdout }) => stdout).join('')).toBe(
      [...ideaLines, 'inner function!', ''].join('\n'),
    )
  })

  it('the search engine answers, with its package from where it is installed', () => {
    const { code, stdout } = cornichon(
      elsewhere,
      ...['run', '../search.crn', '--packages', root, '--args', '["walk the syntax tree", 1]'],
    )
    expect(code).toBe(0)
    expect(stdout).toMatch(/^"walk the syntax tree" is in \d+ of \d+ texts/)
    expect(stdout).toMatch(/acorn-walk\/README\.md: .*\[syntax\]/)
  })

  it('the search engine says which package it misses', () => {
    const { code, stderr } = cornichon(elsewhere, 'run', '../search.crn', '--args', '["tree"]')
    expect(code).toBe(1)
    expect(stderr).toMatch(/magic-string.*npm install magic-string@/)
  })

  it('the search engine answers in an empty folder when the package came by value', () => {
    const { code, stdout } = cornichon(elsewhere, 'run', '../whole.crn', '--args', '["mit license", 2]')
    expect(code).toBe(0)
    expect(stdout).toMatch(/\[MIT\]/)
    expect(stdout.trimEnd().split('\n')).toHaveLength(3)
  })
})
