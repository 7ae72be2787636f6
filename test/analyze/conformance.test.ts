// Free variables over large real code: analyzeFunction on the text of every function there must name what
// eslint-scope, an independent implementation, finds by looking at the whole file.
//
// What is said otherwise there, all of it:
// - The name of a function declaration used inside means the variable outside; from its own text alone it means
//   the function itself. So `ownNameUsed` counts as free for declarations.
// - `arguments` outside of any function is an unresolved name there, and `lexicalArguments` here.
// - A class's heritage is not in the scope of the class's own name there, though spec 15.7.14 puts it there.
// - No function in a block of sloppy code becomes a `var` there (spec B.3.2.1); hence `strict: true`.
// - `written` of a class is of the code that remains here, of all its code there; not compared for classes.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AnyNode, type Program, parse } from 'acorn'
import { full } from 'acorn-walk'
import * as eslintScope from 'eslint-scope'
import { describe, expect, test } from 'vitest'
import { analyzeFunction } from '../../serializer/analyze/index.ts'

const modules = join(import.meta.dirname, '../../node_modules')

/** Above this many characters only a few functions of a file are taken, as they contain most of the others. */
const large = 200_000
const largeTaken = 3

interface File {
  readonly path: string
  readonly sourceType: 'script' | 'module'
}

const chunks = (folder: string): File[] =>
  readdirSync(join(modules, folder))
    .filter((name) => name.endsWith('.js'))
    .map((name) => ({ path: join(folder, name), sourceType: 'module' }))

const files: File[] = [
  { path: 'esbuild/lib/main.js', sourceType: 'script' },
  { path: 'lodash/lodash.js', sourceType: 'script' },
  { path: 'acorn/dist/acorn.js', sourceType: 'script' },
  ...chunks('vite/dist/node/chunks'),
  ...chunks('vitest/dist/chunks'),
]

interface Reference {
  readonly name: string
  readonly start: number
  readonly isWrite: boolean
  /** The text of the scope that declares it; the whole file for what nothing declares. */
  readonly scopeStart: number
  readonly scopeEnd: number
}

/** All uses of names in a file as eslint-scope resolves them, in source order. */
function referencesOf(ast: Program, sourceType: 'script' | 'module'): Reference[] {
  const tree = ast as unknown as Parameters<typeof eslintScope.analyze>[0]
  const manager = eslintScope.analyze(tree, { ecmaVersion: 2022, sourceType, optimistic: true })
  const references: Reference[] = []
  for (const scope of manager.scopes) {
    for (const reference of scope.references) {
      const { identifier, resolved } = reference
      const block = (resolved === null ? ast : resolved.scope.block) as unknown as AnyNode
      references.push({
        name: identifier.name,
        start: (identifier as unknown as AnyNode).start,
        isWrite: reference.isWrite(),
        scopeStart: block.start,
        scopeEnd: block.end,
      })
    }
  }
  return references.sort((a, b) => a.start - b.start)
}

interface FunctionText {
  readonly node: AnyNode
  readonly start: number
  readonly end: number
}

/** Every function and class of a file, as Function.prototype.toString would cut it out. */
function functionsOf(ast: Program, text: string): FunctionText[] {
  const found: FunctionText[] = []
  const methods = new Set<AnyNode>()
  full(ast, (raw) => {
    const node = raw as AnyNode
    const isMethod =
      node.type === 'MethodDefinition' || (node.type === 'Property' && (node.method || node.kind !== 'init'))
    if (!isMethod) return
    methods.add(node.value as AnyNode)
    if (node.type === 'MethodDefinition' && node.kind === 'constructor') return
    let { start } = node
    if (node.type === 'MethodDefinition' && node.static) {
      start += /^static(?:\s|\/\*[\s\S]*?\*\/|\/\/.*)*/.exec(text.slice(start, start + 1000))![0].length
    }
    found.push({ node, start, end: node.end })
  })
  full(ast, (raw) => {
    const node = raw as AnyNode
    switch (node.type) {
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
      case 'ClassDeclaration':
      case 'ClassExpression':
        if (!methods.has(node)) found.push({ node, start: node.start, end: node.end })
    }
  })
  return found.sort((a, b) => a.start - b.start || b.end - a.end)
}

function firstAtOrAfter(references: readonly Reference[], offset: number): number {
  let low = 0
  let high = references.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (references[middle].start < offset) low = middle + 1
    else high = middle
  }
  return low
}

let functionsCompared = 0
let namesCompared = 0

/** Where the text of a function differs in its free names; empty when it doesn't. */
function differences(text: string, target: FunctionText, references: readonly Reference[]): string[] {
  const { node, start, end } = target
  const expected = new Map<string, boolean>()
  const heritage = 'superClass' in node ? node.superClass : null
  const ownName = 'id' in node && node.id?.type === 'Identifier' ? node.id.name : null
  for (let index = firstAtOrAfter(references, start); index < references.length; index++) {
    const reference = references[index]
    if (reference.start >= end) break
    const isOwn = reference.scopeStart >= start && reference.scopeEnd <= end
    if (isOwn && reference.scopeEnd - reference.scopeStart < text.length) continue
    if (heritage && reference.name === ownName && reference.start < heritage.end) continue
    expected.set(reference.name, expected.get(reference.name) || reference.isWrite)
  }
  const facts = analyzeFunction(text.slice(start, end), { strict: true })
  const actual = new Map(facts.free.map(({ name, written }) => [name, written]))
  const isDeclaration = node.type === 'FunctionDeclaration'
  if (isDeclaration && facts.ownName !== null && facts.ownNameUsed)
    actual.set(facts.ownName, facts.ownNameWritten)
  if (facts.lexicalArguments) actual.set('arguments', false)
  functionsCompared++
  namesCompared += expected.size
  const found: string[] = []
  for (const [name, written] of expected) {
    if (!actual.has(name)) found.push(`${name} is missing`)
    else if (actual.get(name) !== written && !facts.classFacts) found.push(`${name} is written: ${written}`)
  }
  for (const name of actual.keys()) if (!expected.has(name)) found.push(`${name} is not free`)
  return found
}

function read({ path, sourceType }: File) {
  const text = readFileSync(join(modules, path), 'utf8')
  const ast = parse(text, { ecmaVersion: 'latest', sourceType, ranges: true })
  return { text, references: referencesOf(ast, sourceType), functions: functionsOf(ast, text) }
}

describe('the free variables of every function are those that eslint-scope finds in', () => {
  for (const file of files) {
    test(file.path, { timeout: 120_000 }, () => {
      const { text, references, functions } = read(file)
      const problems: string[] = []
      let takenOfLarge = 0
      for (const target of functions) {
        if (target.end - target.start > large && ++takenOfLarge > largeTaken) continue
        const found = differences(text, target, references)
        if (found.length === 0) continue
        problems.push(`${text.slice(target.start, target.start + 100)} ...: ${found.join(', ')}`)
      }
      expect(problems).toEqual([])
    })
  }

  test('all of these, which are many', () => {
    expect(functionsCompared).toBeGreaterThan(10_000)
    expect(namesCompared).toBeGreaterThan(25_000)
  })
})

test('the comparison notices a name too few and a name too many', () => {
  const { text, references, functions } = read({ path: 'acorn/dist/acorn.js', sourceType: 'script' })
  const start = text.indexOf('function isIdentifierStart(')
  const target = functions.find((found) => found.start === start)!
  expect(differences(text, target, references)).toEqual([])
  const fewer = references.filter(({ name }) => name !== 'isInAstralSet')
  expect(differences(text, target, fewer)).toEqual(['isInAstralSet is not free'])
  const more = [
    { name: 'nobody', start, isWrite: false, scopeStart: 0, scopeEnd: text.length },
    ...references,
  ]
  more.sort((a, b) => a.start - b.start)
  expect(differences(text, target, more)).toEqual(['nobody is missing'])
})
