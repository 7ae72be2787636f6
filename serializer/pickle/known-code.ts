// The two sections about code, made and read once for all bundles that have the same code: what differs between two
// dumps of a closure is mostly its values, which are in the graph.
import type { FunctionFacts } from '../analyze/index.ts'
import type { SectionParts, Sections } from '../bundle/container.ts'
import { link } from '../codegen/link.ts'
import type { BindingRecord, FunctionRecord } from '../codegen/records.ts'
import { BytesCache } from './bytes-cache.ts'
import {
  type EnvironmentEntry,
  type FunctionEntry,
  readFunctions,
  readUnits,
  type UnitEntry,
  writeFunctions,
  writeUnits,
} from './code-sections.ts'
import { findEarlyCalls } from './early-calls.ts'

export interface CodeEntries {
  readonly units: readonly UnitEntry[]
  readonly environments: readonly EnvironmentEntry[]
  readonly functions: readonly FunctionEntry[]
}

export interface WrittenCode extends Pick<SectionParts, 'code' | 'functions'> {
  /** What has to be known earlier than it is: see early-calls.ts. */
  readonly early: ReturnType<typeof findEarlyCalls>
}

const BYTES_KEPT = 4 * 2 ** 20
const units = new BytesCache<readonly UnitEntry[]>(BYTES_KEPT)
const tables = new BytesCache<ReturnType<typeof readFunctions>>(BYTES_KEPT)

export function readCode({ code, functions }: Pick<Sections, 'code' | 'functions'>): CodeEntries {
  return { units: units.of(code, readUnits), ...tables.of(functions, readFunctions) }
}

const written = new Map<string, WrittenCode>()
let bytesWritten = 0

export function writeCode(records: readonly FunctionRecord[]): WrittenCode {
  const last = records[0] && lastWritten.get(records[0].facts)
  if (last !== undefined && areAlike(last.records, records)) return last.code
  const code = writeKept(records)
  if (records.length <= MOST_COMPARED && sizeOf(code) < BYTES_KEPT / 64 && records.every(isSimple))
    lastWritten.set(records[0].facts, { records: records.map(likenessOf), code })
  return code
}

/** What the sections depend on, of a function with nothing special: no value of the user's. */
type Likeness = Pick<FunctionRecord, 'facts' | 'name' | 'origin' | 'strict' | 'lexical' | 'asDeclaration'> & {
  readonly bindings: readonly Pick<BindingRecord, 'kind' | 'name'>[]
}

/** By the first function's text, the code that began with it last: to compare takes less time than to make a key. */
const lastWritten = new WeakMap<
  FunctionFacts,
  { readonly records: readonly Likeness[]; readonly code: WrittenCode }
>()
const MOST_COMPARED = 64

function likenessOf(record: FunctionRecord): Likeness {
  const { facts, name, origin, strict, lexical, asDeclaration } = record
  const bindings = record.bindings.map(({ kind, name: of }) => ({ kind, name: of }))
  return { facts, name, origin, strict, lexical, asDeclaration, bindings }
}

function isSimple(record: FunctionRecord): boolean {
  if (!record || record.facts.form === 'class' || record.literal || record.privateHome) return false
  if (record.outerArguments || record.awayFromHome) return false
  for (const { variable } of record.bindings) if (variable) return false
  return true
}

function areAlike(known: readonly Likeness[], records: readonly FunctionRecord[]): boolean {
  if (known.length !== records.length) return false
  for (let i = 0; i < known.length; i++) if (!isAlike(known[i], records[i])) return false
  return true
}

function isAlike(known: Likeness, record: FunctionRecord): boolean {
  if (!isSimple(record)) return false
  const { bindings } = record
  if (
    known.facts !== record.facts ||
    known.name !== record.name ||
    known.origin !== record.origin ||
    known.strict !== record.strict ||
    known.lexical !== record.lexical ||
    known.asDeclaration !== record.asDeclaration ||
    known.bindings.length !== bindings.length
  )
    return false
  for (let i = 0; i < bindings.length; i++) {
    const { kind, name } = known.bindings[i]
    if (kind !== bindings[i].kind || name !== bindings[i].name) return false
  }
  return true
}

function writeKept(records: readonly FunctionRecord[]): WrittenCode {
  const key = keyOf(records)
  if (key === null) return write(records)
  let sections = written.get(key)
  if (!sections) {
    sections = write(records)
    const size = key.length + sizeOf(sections)
    if (size > BYTES_KEPT / 8) return sections
    if (bytesWritten + size > BYTES_KEPT) {
      written.clear()
      bytesWritten = 0
    }
    bytesWritten += size
    written.set(key, sections)
  }
  return sections
}

function sizeOf({ code, functions }: WrittenCode): number {
  return code[0].length + functions[0].length
}

function write(records: readonly FunctionRecord[]): WrittenCode {
  const linked = link(records)
  return {
    code: [writeUnits(linked)],
    functions: [writeFunctions(linked, records)],
    early: findEarlyCalls(linked, records),
  }
}

/** All that the sections depend on. Null where that is more than each function by itself. */
function keyOf(records: readonly FunctionRecord[]): string | null {
  // In pieces: one long string that grows is a list of all the strings it was made of.
  const keys: string[] = []
  let last = ''
  let count = 0
  for (const record of records) {
    // (There may be none for a function that was refused.)
    if (!record) return null
    const { name, origin, bindings, members } = record
    if (record.literal || record.privateHome || record.outerArguments) return null
    let key = `${textNumber(record.facts)} ${name.length}:${name} ${record.strict}${record.lexical}${record.asDeclaration}${record.awayFromHome}`
    if (origin !== null) key += ` ${origin.length}:${origin}`
    for (const binding of bindings) {
      if (binding.variable) return null
      key += ` ${binding.kind}:${binding.name}`
    }
    for (const { isStatic, key: memberKey, slot } of members)
      key += ` ${slot}${isStatic}${typeof memberKey}${String(memberKey).length}:${memberKey}`
    if (record.facts.form === 'class')
      key += ` ${[...record.elementKeys].join()} ${[...record.removedElements].join()}`
    if (key === last) {
      count++
      continue
    }
    if (count > 0) keys.push(`${count} ${last}`)
    last = key
    count = 1
  }
  keys.push(`${count} ${last}`)
  return keys.join('\n')
}

const numbers = new WeakMap<FunctionFacts, number>()
let lastNumber = 0

/** Facts are those of one text. */
function textNumber(facts: FunctionFacts): number {
  let number = numbers.get(facts)
  if (number === undefined) numbers.set(facts, (number = ++lastNumber))
  return number
}
