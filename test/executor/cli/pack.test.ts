// `cornichon pack`: what it packs from, what ends up in the bundle, and how it refuses.
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { inspectBundle } from '../../../serializer/index.ts'
import { cornichon, runNode } from '../../support/command.ts'
import { root } from '../../support/paths.ts'
import { createWorkspace } from '../../support/workspace.ts'

const workspace = createWorkspace()
afterAll(() => workspace.remove())
const here = (...args: string[]) => cornichon(workspace.folder, ...args)

/** Packs, deletes the source, runs elsewhere. */
function roundTrip(files: Record<string, string>, target: string, args: unknown[], ...flags: string[]) {
  workspace.write(files)
  const packed = here('pack', target, '-o', 'out.crn', ...flags)
  for (const file of Object.keys(files)) workspace.remove(file)
  expect(packed).toMatchObject({ code: 0, stderr: '' })
  workspace.write({ 'elsewhere/.keep': '' })
  const bundle = workspace.path('out.crn')
  const ran = cornichon(workspace.path('elsewhere'), 'run', bundle, '--args', JSON.stringify(args))
  return { packed, ran, bytes: readFileSync(bundle) }
}

const typescript = `
  enum Unit { Metre = 1, Foot = 0.3 }
  class Length { constructor(private readonly value: number, readonly unit: Unit) {} get metres(): number { return this.value * this.unit } }
  const scale: number = 10
  export const convert = (value: number): number => new Length(value, Unit.Metre).metres * scale
  export default (value: number): string => \`\${convert(value)} m\``

describe('cornichon pack', () => {
  it.each([
    ['an ES module in TypeScript', 'main.mts', typescript],
    ['TypeScript in a folder that says nothing of modules', 'main.ts', typescript],
    ['CommonJS in TypeScript', 'main.cts', typescript],
  ])('packs from %s', (_, file, text) => {
    expect(roundTrip({ [file]: text }, `${file}#convert`, [4]).ran).toMatchObject({ code: 0, stdout: '40\n' })
    expect(roundTrip({ [file]: text }, file, [4]).ran).toMatchObject({ code: 0, stdout: '40 m\n' })
  })

  it('packs what uses the executor from TypeScript that is compiled as CommonJS', () => {
    workspace.link('node_modules/cornichon', root)
    const { ran } = roundTrip(
      {
        'package.json': '{ "type": "commonjs" }',
        'main.ts': `import { get, remote } from 'cornichon/executor'
          const square = remote((x: number) => x * x)
          export const sum = async (n: number) => (await get([square.remote(n), square.remote(2)])).reduce((a, b) => a + b)`,
      },
      'main.ts#sum',
      [3],
    )
    expect(ran).toMatchObject({ code: 0, stdout: '13\n' })
    workspace.remove('node_modules')
  })

  it('X15 --json tells of what was packed', () => {
    workspace.write({ 'a.mjs': 'export const f = (x) => x' })
    const { stdout } = here('pack', 'a.mjs#f', '-o', 'out.crn', '--json')
    const size = readFileSync(workspace.path('out.crn')).length
    expect(JSON.parse(stdout)).toEqual({
      ...{ file: 'a.mjs', export: 'f', output: 'out.crn', size, objects: 1, needs: [] },
    })
  })

  it('packs from TypeScript in a folder of ES modules, with the files it imports', () => {
    const { ran } = roundTrip(
      {
        'esm/package.json': '{ "type": "module" }',
        'esm/main.ts': `import { add } from './add.js'\nexport const f = (x: number) => add(x, 1)`,
        'esm/add.ts': 'export const add = (a: number, b: number): number => a + b',
      },
      'esm/main.ts#f',
      [1],
    )
    expect(ran.stdout).toBe('2\n')
  })

  it('packs from JavaScript: ES modules and CommonJS', () => {
    const esm = 'const one = 1; export const f = (x) => x + one; export default f'
    const cjs = 'const one = 1; const f = (x) => x + one; module.exports = Object.assign(f, { f })'
    const object = 'const one = 1; const rest = { f: (x) => x + one }; module.exports = { ...rest }'
    for (const target of ['a.mjs#f', 'a.mjs', 'a.mjs#'])
      expect(roundTrip({ 'a.mjs': esm }, target, [1]).ran.stdout).toBe('2\n')
    for (const target of ['a.cjs#f', 'a.cjs'])
      expect(roundTrip({ 'a.cjs': cjs }, target, [1]).ran.stdout).toBe('2\n')
    expect(roundTrip({ 'a.cjs': object }, 'a.cjs#f', [1]).ran.stdout).toBe('2\n')
  })

  it("keeps the text of JavaScript's functions as it was written", () => {
    const { bytes } = roundTrip({ 'a.mjs': 'export const f = ( x )  =>  /* as it is */ x' }, 'a.mjs#f', [1])
    expect(inspectBundle(bytes).units[0].source).toContain('( x )  =>  /* as it is */ x')
  })

  it('takes a file whose name holds a #', () => {
    expect(roundTrip({ 'c#.mjs': 'export const f = () => 1' }, 'c#.mjs#f', []).ran.stdout).toBe('1\n')
    expect(roundTrip({ 'c#.mjs': 'export default () => 2' }, 'c#.mjs', []).ran.stdout).toBe('2\n')
  })

  it('does not wait for what the module has left running', () => {
    const { packed } = roundTrip(
      { 'a.mjs': 'setInterval(() => {}, 1000); export const f = () => 1' },
      'a.mjs#f',
      [],
    )
    expect(packed.stdout).toMatch(/Packed f of a\.mjs into out\.crn: \d+ B/)
  })

  const packages = {
    'node_modules/plain/package.json': '{ "name": "plain", "version": "1.2.3", "exports": "./index.mjs" }',
    'node_modules/plain/index.mjs': 'export const triple = (x) => x * 3',
    'app.mts': `import { triple } from 'plain'\nexport const f = (x: number) => triple(x) + 1`,
  }

  it('refers to packages, and says that they are needed', () => {
    const { packed, ran, bytes } = roundTrip(packages, 'app.mts#f', [2])
    expect(packed.stdout).toContain('it needs plain@1.2.3')
    expect(inspectBundle(bytes).references).toEqual([
      { specifier: 'plain', export: 'triple', version: '1.2.3' },
    ])
    expect(ran.code).toBe(1)
    expect(ran.stderr).toMatch(/refers to plain.*1\.2\.3.*not found/)
    expect(ran.stderr).not.toMatch(/^\s+at /m)
  })

  it('--by-value takes packages along', () => {
    for (const flags of [
      ['--by-value', 'other, plain'],
      ['--by-value', 'other', '--by-value', 'plain'],
    ]) {
      const { ran, bytes } = roundTrip(packages, 'app.mts#f', [2], ...flags)
      expect(inspectBundle(bytes).references).toEqual([])
      expect(ran).toMatchObject({ code: 0, stdout: '7\n' })
    }
  })

  it('--compress makes a smaller bundle, which run and inspect read', () => {
    const table = `const table = Array.from({ length: 999 }, (_, i) => 'entry ' + i); export const f = (i) => table[i]`
    const plain = roundTrip({ 'a.mjs': table }, 'a.mjs#f', [7])
    for (const [flags, method] of [
      [['--compress'], 'brotli'],
      [['--compress', 'gzip'], 'gzip'],
    ] as const) {
      const { packed, ran, bytes } = roundTrip({ 'a.mjs': table }, 'a.mjs#f', [7], ...flags)
      expect(packed.code).toBe(0)
      expect(ran.stdout).toBe(plain.ran.stdout)
      expect(bytes.length).toBeLessThan(plain.bytes.length / 2)
      expect(inspectBundle(bytes).compression).toBe(method)
      expect(cornichon(workspace.folder, 'inspect', 'out.crn').stdout).toContain(method)
    }
    expect(cornichon(workspace.folder, 'pack', 'a.mjs#f', '-o', 'x.crn', '--compress', 'lzma').code).not.toBe(
      0,
    )
  })

  it('--by-reference refers to a module of the user', () => {
    workspace.write({
      'own.cjs': 'exports.double = (x) => x * 2',
      'user.cjs': `const { double } = require('./own.cjs'); exports.f = (x) => double(x)`,
    })
    here('pack', 'user.cjs#f', '-o', 'ref.crn', '--by-reference', workspace.path('own.cjs'))
    workspace.remove('user.cjs')
    expect(here('run', 'ref.crn', '--args', '[4]').stdout).toBe('8\n')
    workspace.remove('own.cjs')
    expect(here('run', 'ref.crn', '--args', '[4]').code).toBe(1)
  })

  it.each<[string, string[], RegExp]>([
    ['a missing file', ['nope.ts#f', '-o', 'x.crn'], /there is no file nope\.ts/],
    ['a folder', ['folder#f', '-o', 'x.crn'], /folder is a folder/],
    ['a file of another kind', ['notes.txt#f', '-o', 'x.crn'], /notes\.txt is not TypeScript or JavaScript/],
    [
      'a missing export',
      ['some.mjs#gret', '-o', 'x.crn'],
      /no export gret\. It exports greet, other\. Did you mean some\.mjs#greet\?/,
    ],
    [
      'a missing default export',
      ['some.mjs', '-o', 'x.crn'],
      /no default export\. It exports greet, other\. Name one/,
    ],
    ['a module without exports', ['none.mjs#f', '-o', 'x.crn'], /none\.mjs exports nothing/],
    ['an output in no folder', ['some.mjs#greet', '-o', 'no/where.crn'], /can't write no.where\.crn/],
    ['an output that is a folder', ['some.mjs#greet', '-o', 'folder'], /can't write folder: it is a folder/],
  ])('%s is told without a stack, exit code 2', (_, args, message) => {
    workspace.write({
      'folder/.keep': '',
      'notes.txt': '',
      'none.mjs': '',
      'some.mjs': 'export const greet = () => 1, other = 2',
    })
    const { code, stdout, stderr } = here('pack', ...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  it('tells all that is in the way of packing, with path, place and remedy, exit code 1', () => {
    workspace.write({
      'a.mjs': `import net from 'node:net'
        const config = { server: net.createServer(), running: (function* () { yield 1 })() }
        export const main = () => config`,
    })
    const { code, stdout, stderr } = here('pack', 'a.mjs#main', '-o', 'x.crn')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain("main of a.mjs can't be packed")
    expect(stderr).toMatch(/where: +main -> binding config -> \.server/)
    expect(stderr).toMatch(/where: +main -> binding config -> \.running/)
    expect(stderr).toMatch(/remedy: \S/)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  it.each([
    [
      'throws',
      'a.ts',
      `throw new Error('on import')`,
      /importing a\.ts failed[\s\S]*Error: on import[\s\S]*\n\s+at /,
    ],
    [
      'does not parse',
      'a.ts',
      'export const = 1',
      /importing a\.ts failed: [\s\S]*a\.ts:1:13: (?![\s\S]*\n\s+at )/,
    ],
    [
      'does not parse as JavaScript',
      'a.mjs',
      '\nexport const = 1',
      /importing a\.mjs failed: \S*a\.mjs:2:14: Unexpected token '='(?![\s\S]*\n\s+at )/,
    ],
    [
      'imports what is missing',
      'a.mjs',
      `import './gone.mjs'`,
      /importing a\.mjs failed[\s\S]*gone\.mjs(?![\s\S]*\n\s+at )/,
    ],
  ])('a module that %s is shown with its error, exit code 1', (_, file, text, message) => {
    workspace.write({ [file]: text })
    const { code, stderr } = here('pack', `${file}#f`, '-o', 'x.crn')
    expect(code).toBe(1)
    expect(stderr).toMatch(message)
    workspace.remove(file)
  })

  it('without tsx, packs JavaScript and says what TypeScript takes', () => {
    // A copy of the command whose dependencies are all there but tsx.
    for (const name of [
      'acorn',
      'acorn-walk',
      'astring',
      'commander',
      'copy-anything',
      'is-what',
      'magic-string',
    ])
      workspace.link(`bare/node_modules/${name}`, join(root, 'node_modules', name))
    for (const name of ['resolve.exports', 'superjson', '@jridgewell'])
      workspace.link(`bare/node_modules/${name}`, join(root, 'node_modules', name))
    cpSync(join(root, 'dist'), workspace.path('bare/dist'), { recursive: true })
    workspace.write({
      'bare/package.json': '{ "type": "module" }',
      'a.ts': 'export const f = 1',
      'a.mjs': 'export const f = 1',
    })
    const bare = (...args: string[]) =>
      runNode(workspace.folder, workspace.path('bare/dist/executor/cli/index.js'), ...args)
    expect(bare('pack', 'a.mjs#f', '-o', 'x.crn')).toMatchObject({ code: 0, stderr: '' })
    const { code, stderr } = bare('pack', 'a.ts#f', '-o', 'x.crn')
    expect(code).toBe(2)
    expect(stderr).toMatch(/npm install tsx/)
  })
})
