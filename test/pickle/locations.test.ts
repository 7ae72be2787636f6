// The file and line in an error are those of the text that the user wrote, whatever it was compiled to.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'
import { afterAll, expect, test } from 'vitest'
import { checkSerializable } from '../../serializer/index.ts'
import { childEnvironment } from '../support/children.ts'
import { distUrl, nodeBinary, tsxArguments } from '../support/paths.ts'
import { createWorkspace } from '../support/workspace.ts'

const workspace = createWorkspace()
afterAll(() => workspace.remove())

/** `stuck` is on line 9, as a user's editor counts; compilers move it up. */
const source = `
interface Held {
  next(): unknown
}

const held: Held = (function* () {})()
held.next()

export function stuck(): Held {
  return held
}
`

const report = `import { checkSerializable } from ${JSON.stringify(distUrl)}
import { stuck } from './held'
console.log(checkSerializable(stuck).problems[0].location)
`

function locationIn(folder: string, main: string, nodeArguments: readonly string[] = []): string {
  const file = workspace.path(folder, main)
  return execFileSync(nodeBinary, [...nodeArguments, file], {
    encoding: 'utf8',
    env: childEnvironment(),
  }).trim()
}

/** `held.ts`, compiled into a folder; with the link that the compiled text ends with. */
function compile(folder: string, link: (map: string) => string): void {
  const { code, map } = transformSync(source, { loader: 'ts', sourcemap: true, sourcefile: '../src/held.ts' })
  workspace.write({
    [`${folder}/out/held.mjs`]: `${code}\n//# sourceMappingURL=${link(map)}\n`,
    [`${folder}/out/held.mjs.map`]: map,
    [`${folder}/out/main.mjs`]: report.replace('./held', './held.mjs'),
  })
}

test('under tsx', () => {
  workspace.write({ 'tsx/held.ts': source, 'tsx/main.ts': report })
  expect(locationIn('tsx', 'main.ts', tsxArguments)).toBe(`${workspace.path('tsx', 'held.ts')}:9`)
})

test('with a source map in a file of its own', () => {
  compile('beside', () => 'held.mjs.map')
  expect(locationIn('beside/out', 'main.mjs')).toBe(`${workspace.path('beside', 'src', 'held.ts')}:9`)
})

test('with a source map inside the text, in base64 or as it is', () => {
  compile('base64', (map) => `data:application/json;base64,${Buffer.from(map).toString('base64')}`)
  expect(locationIn('base64/out', 'main.mjs')).toBe(`${workspace.path('base64', 'src', 'held.ts')}:9`)
  compile('plain', (map) => `data:application/json,${encodeURIComponent(map)}`)
  expect(locationIn('plain/out', 'main.mjs')).toBe(`${workspace.path('plain', 'src', 'held.ts')}:9`)
})

test('a source map that is missing or broken leaves the position in the compiled text', () => {
  for (const [folder, link] of [
    ['missing', 'nowhere.map'],
    ['broken', 'data:application/json;base64,AAAA'],
    ['odd', 'no scheme: at all'],
  ] as const) {
    compile(folder, () => link)
    const file = workspace.path(folder, 'out', 'held.mjs')
    const line =
      readFileSync(file, 'utf8')
        .split('\n')
        .findIndex((text) => text.includes('function stuck')) + 1
    expect(locationIn(`${folder}/out`, 'main.mjs')).toBe(`${file}:${line}`)
  }
})

test('inside vitest', () => {
  interface Nothing {
    readonly none: never
  }
  const held = (function* (): Generator<Nothing | undefined> {
    yield undefined
  })()
  held.next()
  const here = () => held
  const file = fileURLToPath(import.meta.url)
  const line =
    readFileSync(file, 'utf8')
      .split('\n')
      .findIndex((text) => text.includes('const here')) + 1
  expect(checkSerializable(here).problems[0]?.location).toBe(`${file}:${line}`)
})
