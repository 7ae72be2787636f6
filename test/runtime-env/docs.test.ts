// The examples of docs/runtime-env.md do what they say: each runs as a program in a folder that has an `app`.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RuntimeEnv } from '../../runtime-env/index.ts'
import { runNode } from '../support/command.ts'
import { root } from '../support/paths.ts'
import { createWorkspace } from '../support/workspace.ts'

const text = readFileSync(join(root, 'docs', 'runtime-env.md'), 'utf8')
const workspace = createWorkspace()
afterAll(() => workspace.remove())
beforeAll(() => {
  workspace.link('node_modules/cornichon', root)
  workspace.write({
    'app/main.js': '',
    'app/data.txt': 'data',
    'app/.git/HEAD': '',
    'app/node_modules/a/index.js': '',
  })
})

/** The fenced blocks in a language, each with the heading above it. */
function blocks(language: string): [name: string, code: string][] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map((match, i) => {
    const heading = text
      .slice(0, match.index)
      .match(/^#+ (.*)$/gm)!
      .at(-1)!
    return [`${i + 1}, under ${heading}`, match[1]!]
  })
}

describe('the examples', () => {
  it('are found', () => {
    expect(blocks('js').length).toBeGreaterThanOrEqual(5)
    expect(blocks('json').length).toBeGreaterThanOrEqual(1)
  })

  it.each(blocks('js').filter(([, code]) => code.includes('cornichon/runtime-env')))(
    'program %s prints what its comments say',
    (_, code) => {
      workspace.write({ 'program.mjs': code })
      const printed = [...code.matchAll(/ \/\/ prints: (.*)$/gm)].map((match) => `${match[1]}\n`)
      expect(runNode(workspace.folder, 'program.mjs')).toEqual({
        code: 0,
        stdout: printed.join(''),
        stderr: '',
      })
    },
  )

  it.each(blocks('json'))('file %s is an environment', (_, json) => {
    workspace.write({ 'env.json': json })
    expect(Object.keys(RuntimeEnv.fromFile(workspace.path('env.json')).fields)).toEqual(
      Object.keys(JSON.parse(json)),
    )
  })
})
