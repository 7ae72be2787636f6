// From records to code units. Functions that share written variables stand in one unit, nested as their
// environments are (spec: Environment Records); a function that needs a class's private names stands within
// that class. Equal templates are written once and instantiated as often as needed.
//
//   unit  = a template without a parent
//   place = where an instance's template is: in a unit, in an environment's or in a class's list of children
import { createHash } from 'node:crypto'
import { emitLeaf } from './leaf.ts'
import { type Node, nest, type Place } from './nesting.ts'
import type { FunctionRecord, SharedVariable } from './records.ts'

export interface CodeUnit {
  readonly text: string
  /** The first 16 bytes of the SHA-256 of the text, hexadecimal. */
  readonly hash: string
  /** Set where code in it imports relatively: part of the unit's identity. */
  readonly origin: string | null
}

export interface LinkedEnvironment {
  readonly place: Place
  readonly variables: readonly SharedVariable[]
  /** The number of the call whose `this` and `arguments` it provides, if any. */
  readonly call: number | null
}

export interface Linked {
  readonly units: readonly CodeUnit[]
  readonly environments: readonly LinkedEnvironment[]
  /** One for each record, by its index. */
  readonly places: readonly Place[]
  /** Records whose text is not in the units as it was written. */
  readonly edited: ReadonlySet<number>
}

export function link(records: readonly FunctionRecord[]): Linked {
  const { leaves, environments } = nest(records)
  const linker = new Linker()
  for (const leaf of leaves) linker.placeRoot(leaf)
  return {
    units: linker.units,
    environments: environments.map((node) => ({
      place: linker.placeOf(node),
      variables: node.variables.filter(({ call }) => call === undefined),
      call: node.variables.find(({ call }) => call !== undefined)?.call ?? null,
    })),
    places: leaves.map((leaf) => linker.placeOf(leaf)),
    edited: linker.edited,
  }
}

/** Emits templates bottom-up, each distinct text once within its parent. */
class Linker {
  readonly units: CodeUnit[] = []
  readonly edited = new Set<number>()
  readonly #unitsByText = new Map<string, number>()
  readonly #roots = new Set<Node>()
  readonly #attached = new Set<Node>()
  readonly #texts = new Map<string, string>()
  /** The places of units, by their numbers. */
  readonly #unitPlaces: Place[] = []
  readonly #numbers = new Numbers()

  /** Notes the tree that the leaf stands in. */
  placeRoot(leaf: Node): void {
    let root = leaf
    while (root.parent) {
      if (this.#attached.has(root)) return
      this.#attached.add(root)
      root.parent.children ??= []
      root.parent.children.push(root)
      root = root.parent
    }
    this.#roots.add(root)
  }

  placeOf(node: Node): Place {
    if (this.#roots.size > 0) this.#emitRoots()
    return node.place!
  }

  #emitRoots(): void {
    for (const root of this.#roots) {
      const text = `(${this.#emit(root)})`
      const origin = originOf(root)
      const key = origin === null ? text : `${origin}\n${text}`
      let unit = this.#unitsByText.get(key)
      if (unit === undefined) {
        unit = this.units.length
        this.units.push({ text, hash: hashOf(key), origin })
        this.#unitPlaces.push({ kind: 'unit', unit })
        this.#unitsByText.set(key, unit)
      }
      root.place = this.#unitPlaces[unit]
    }
    this.#roots.clear()
  }

  #emit(node: Node): string {
    if (node.children === null && node.record) return this.#leaf(node.record, NO_TEXTS)
    const texts = new Map<string, number>()
    for (const child of node.children ?? []) {
      const text = this.#emit(child)
      let index = texts.get(text)
      if (index === undefined) {
        index = texts.size
        texts.set(text, index)
      }
      child.place = node.record
        ? { kind: 'class', record: node.record.index, child: index }
        : { kind: 'environment', environment: node.index, child: index }
    }
    const children = [...texts.keys()]
    if (node.record) return this.#leaf(node.record, children)
    return emitEnvironment(node.variables, children, isAllStrict(node))
  }

  #leaf(record: FunctionRecord, children: readonly string[]): string {
    const text = this.#leafText(record, children)
    if (!record.literal && mayBeEdited(record) && !text.includes(record.text)) this.edited.add(record.index)
    return text
  }

  /** Functions with the same text, name and bindings have the same template. */
  #leafText(record: FunctionRecord, children: readonly string[]): string {
    if (children.length > 0 || record.literal || record.facts.form === 'class')
      return emitLeaf(record, children)
    const bindings = record.bindings
      .map(
        (binding) =>
          `${binding.isConstantView ? '!' : binding.variable ? '^' : binding.kind[0]}${binding.name}`,
      )
      .join()
    const assigned = [...(record.assignedImports?.members ?? [])].map(
      ([member, { name }]) => `${member} ${name}`,
    )
    const key = `${record.name}\n${record.strict}${record.lexical}${record.asDeclaration}\n${bindings}\n${assigned}\n${this.#numbers.of(record.text)}`
    let text = this.#texts.get(key)
    if (text === undefined) this.#texts.set(key, (text = emitLeaf(record, children)))
    return text
  }
}

const NO_TEXTS: readonly string[] = []

/** Numbers of texts: where a text is a part of many keys, its number takes less. */
export class Numbers {
  readonly #numbers = new Map<string, number>()

  of(text: string): number {
    let number = this.#numbers.get(text)
    if (number === undefined) this.#numbers.set(text, (number = this.#numbers.size))
    return number
  }
}

function mayBeEdited({ facts, awayFromHome }: FunctionRecord): boolean {
  return (
    awayFromHome ||
    facts.form === 'class' ||
    facts.importMeta ||
    (facts.key !== null && facts.key.kind !== 'static')
  )
}

function originOf(node: Node): string | null {
  if (node.record?.origin) return node.record.origin
  for (const child of node.children ?? []) {
    const origin = originOf(child)
    if (origin !== null) return origin
  }
  return null
}

/** Whether all that stands in the environment is strict code, also what is put around functions: see emitLeaf. */
function isAllStrict({ record, children }: Node): boolean {
  if (record && (!record.strict || record.bindings.some(({ isConstantView }) => isConstantView))) return false
  return children?.every(isAllStrict) ?? true
}

/**
 * One that provides `arguments` is a call: a function, not an arrow. If the code is strict, so is the function:
 * a sloppy one's `this` would be an object, whatever it was called with.
 */
function emitEnvironment(
  variables: readonly SharedVariable[],
  children: readonly string[],
  isStrict: boolean,
): string {
  const names = variables.filter(({ call }) => call === undefined).map(({ name }) => name)
  const set = freshAgainst(names)
  const setters = names.map((name) => `${set} => { ${name} = ${set} }`)
  const isCall = names.length < variables.length
  const head = isCall ? 'function ()' : '() =>'
  const declarations = names.length > 0 ? `var ${names.join(', ')};\n` : ''
  const directive = isCall && isStrict ? "'use strict';\n" : ''
  return `${head} {\n${directive}${declarations}return [[${setters.join(', ')}],\n${children.join(',\n')}];\n}`
}

function freshAgainst(names: readonly string[]): string {
  let name = '$'
  while (names.includes(name)) name += '$'
  return name
}

const hashes = new Map<string, string>()
const MAX_HASHES = 4096

function hashOf(text: string): string {
  let hash = hashes.get(text)
  if (hash === undefined) {
    if (hashes.size >= MAX_HASHES) hashes.clear()
    hashes.set(text, (hash = hashUnit(text)))
  }
  return hash
}

/** SHA-256, cut to 16 bytes, hexadecimal. */
export function hashUnit(text: string): string {
  return createHash('sha256').update(text, 'utf16le').digest('hex').slice(0, 32)
}
