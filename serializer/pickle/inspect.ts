// inspectBundle: what a bundle would run and what it captured, with sizes; runs and compiles nothing of it.

import type { Compression } from '../bundle/compression.ts'
import { FORMAT_VERSION } from '../bundle/container.ts'
import type { Place } from '../codegen/nesting.ts'
import { Buffer } from '../globals.ts'
import { withOriginals } from '../originals.ts'
import type { Reference } from '../references/index.ts'
import type { FunctionEntry } from './code-sections.ts'
import { GraphReader } from './graph-reader.ts'
import { InertCode } from './inert-code.ts'
import { type BundleBytes, openForInspection, rebuildingError } from './open.ts'
import { type BufferNote, describeBuffers } from './out-of-band.ts'
import { inertRebuilder } from './rebuilder.ts'

export interface InspectedBinding {
  readonly name: string
  /** 'shared': a variable that other functions of the bundle use too; 'dead': not initialized. */
  readonly kind: 'value' | 'shared' | 'const' | 'dead'
  /** The value in a few words. */
  readonly summary: string
  /** Bytes of the value and of what was first reached through it. */
  readonly size: number
}

export interface InspectedFunction {
  readonly name: string
  readonly form: 'function' | 'class' | 'object'
  /** How many functions of the bundle were made from this text with these bindings. */
  readonly count: number
  /** Of the first of them. */
  readonly bindings: readonly InspectedBinding[]
}

export interface InspectedUnit {
  readonly hash: string
  readonly size: number
  readonly source: string
  readonly functions: readonly InspectedFunction[]
}

export interface InspectedReference {
  readonly specifier: string
  readonly export: string
  readonly version: string | null
}

export interface BundleInspection {
  readonly formatVersion: number
  /** The versions of cornichon and Node that wrote it. */
  readonly cornichon: string | null
  readonly node: string | null
  /** What was pickled, in a few words. */
  readonly entry: string
  /** Bytes in all, as they travel. */
  readonly size: number
  /** How they were compressed, if they were, and how many there are then. */
  readonly compression: Compression | null
  readonly inflatedSize: number
  readonly sections: readonly { readonly name: string; readonly size: number }[]
  readonly references: readonly InspectedReference[]
  readonly units: readonly InspectedUnit[]
  /** Those that travel out of band: what they have to be like. */
  readonly buffers: readonly BufferNote[]
  readonly values: { readonly count: number; readonly bytes: number }
}

/** Reads a bundle without running it. Throws UnpicklingError for what is no sound bundle. */
export function inspectBundle(bytes: BundleBytes): BundleInspection {
  return withOriginals(() => {
    const bundle = openForInspection(bytes)
    try {
      return inspect(bundle)
    } catch (error) {
      throw rebuildingError(error)
    }
  })
}

function inspect(bundle: ReturnType<typeof openForInspection>): BundleInspection {
  const { manifest, units, environments, functions } = bundle
  const code = new InertCode(functions, environments.length)
  const sizes = new Sizes()
  const reader = new GraphReader(bundle.graph, bundle.text, bundle.blobs, code, {
    references: bundle.references,
    resolve: (reference) => code.reference(describeReference(reference)),
    intrinsic: (path) => wellKnownSymbol(path) ?? code.reference(path),
    symbolBehind: (standIn) => code.symbolBehind(standIn),
    refusesCode: false,
    rebuilder: inertRebuilder,
    buffers: bundle.buffers,
    limits: bundle.limits,
    keepsNodes: true,
    borrows: false,
    observe: (value, size, first, last) => sizes.note(value, size, reader.nodes.slice(first, last)),
  })
  const root = reader.root()
  code.finish()
  const summaries = new Summaries(code)
  const inspected = units.map(
    () => new Map<FunctionEntry['bindings'], { entry: FunctionEntry; value: object; count: number }>(),
  )
  const unitOf = (place: Place): number => {
    switch (place.kind) {
      case 'unit':
        return place.unit
      case 'environment':
        return unitOf(environments[place.environment].place)
      case 'class':
        return unitOf(functions[place.record].place)
    }
  }
  for (const [value, { entry }] of code.made) {
    const group = inspected[unitOf(entry.place)]
    const known = group.get(entry.bindings)
    if (known) known.count++
    else group.set(entry.bindings, { entry, value, count: 1 })
  }
  return {
    formatVersion: FORMAT_VERSION,
    cornichon: manifest.cornichon,
    node: manifest.node,
    entry: summaries.of(root),
    size: bundle.size,
    compression: bundle.container.compression,
    inflatedSize: bundle.container.inflatedSize,
    sections: bundle.sections,
    references: bundle.references.map(inspectReference),
    units: units.map((unit, i) => {
      const source = unit.text()
      return {
        hash: unit.hash,
        size: Buffer.byteLength(source),
        source,
        functions: [...inspected[i].values()].map(({ entry, value, count }) => ({
          name: entry.name,
          form: entry.shape === 'literal' ? 'object' : entry.shape,
          count,
          bindings: entry.bindings.map(({ name, kind }) => {
            const captured = code.made.get(value)!.captured.get(name)
            return {
              name,
              kind,
              summary: kind === 'dead' ? 'not initialized' : summaries.of(captured),
              size: sizes.of(captured),
            }
          }),
        })),
      }
    }),
    buffers: describeBuffers(bundle.container.buffers),
    values: { count: reader.nodes.length, bytes: bundle.sections.find(({ name }) => name === 'graph')!.size },
  }
}

/** No code of anyone's, and keys have to be symbols. */
function wellKnownSymbol(path: string): symbol | undefined {
  const symbol: unknown = path.startsWith('Symbol.') ? Reflect.get(Symbol, path.slice(7)) : undefined
  return typeof symbol === 'symbol' ? symbol : undefined
}

/** Bytes by object: its own content, and that of everything first met in it. */
class Sizes {
  readonly #own = new Map<unknown, number>()
  readonly #children = new Map<unknown, unknown[]>()

  note(value: unknown, size: number, met: readonly unknown[]): void {
    this.#own.set(value, (this.#own.get(value) ?? 0) + size)
    const children = this.#children.get(value)
    if (children) children.push(...met)
    else this.#children.set(value, [...met])
  }

  of(value: unknown): number {
    if (typeof value === 'string') return value.length
    if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return 1
    let sum = 0
    const seen = new Set<unknown>([value])
    const queue: unknown[] = [value]
    while (queue.length > 0) {
      const next = queue.pop()
      sum += this.#own.get(next) ?? 0
      for (const child of this.#children.get(next) ?? []) {
        if (seen.has(child)) continue
        seen.add(child)
        queue.push(child)
      }
    }
    return sum
  }
}

class Summaries {
  readonly #code: InertCode
  constructor(code: InertCode) {
    this.#code = code
  }

  of(value: unknown): string {
    if (typeof value === 'string')
      return value.length > 40
        ? `${JSON.stringify(value.slice(0, 37))}… (${value.length})`
        : JSON.stringify(value)
    if (typeof value === 'bigint') return bigintSummary(value)
    if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return String(value)
    const description = this.#code.references.get(value)
    if (description !== undefined) return description
    const made = this.#code.made.get(value)
    if (made) {
      const form = made.entry.shape === 'literal' ? 'object' : made.entry.shape
      return made.entry.name ? `${form} ${made.entry.name}` : form
    }
    if (typeof value === 'function') return 'function'
    if (Array.isArray(value)) return `Array(${value.length})`
    if (value instanceof Map || value instanceof Set)
      return `${value instanceof Map ? 'Map' : 'Set'}(${value.size})`
    if (ArrayBuffer.isView(value))
      return `${value[Symbol.toStringTag as never] ?? 'DataView'}(${value.byteLength} bytes)`
    const name = this.#className(value)
    return name === undefined
      ? this.#members(value, Object.keys(value))
      : `${name} ${this.#members(value, [])}`
  }

  /** The first of its properties, and how many private fields it has: no bundle has their names. */
  #members(value: object, keys: readonly string[]): string {
    const shown = keys.slice(0, 4)
    if (keys.length > 4) shown.push('…')
    const fields = this.#code.privateState.get(value)
    if (fields !== undefined) shown.push(`${fields} private`)
    return shown.length === 0 ? '{}' : `{ ${shown.join(', ')} }`
  }

  #className(value: object): string | undefined {
    const constructor = Reflect.get(value, 'constructor') as unknown
    const entry = typeof constructor === 'function' ? this.#code.made.get(constructor)?.entry : undefined
    if (entry) return entry.name || 'a class'
    return typeof constructor === 'function' && constructor !== Object ? constructor.name : undefined
  }
}

/** To write it in decimals takes time that grows with the square of its size. */
function bigintSummary(value: bigint): string {
  const hexadecimal = value.toString(16)
  return hexadecimal.length > 40
    ? `0x${hexadecimal.slice(0, 37)}… (${hexadecimal.length} hexadecimal digits)`
    : `${value}n`
}

function describeReference(reference: Reference): string {
  const { specifier, export: name } = inspectReference(reference)
  return name ? `${specifier}#${name}` : specifier
}

function inspectReference(reference: Reference): InspectedReference {
  switch (reference.kind) {
    case 'intrinsic':
      return { specifier: 'globalThis', export: String(reference.path), version: null }
    case 'builtin':
      return { specifier: reference.module, export: String(reference.path), version: null }
    case 'package':
      return {
        specifier: reference.specifier,
        export: reference.path.map(String).join('.'),
        version: reference.version,
      }
  }
}
