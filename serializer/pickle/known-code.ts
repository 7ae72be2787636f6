// The two sections about code, made and read once for all bundles that have the same code: what differs between two
// dumps of a closure is mostly its values, which are in the graph.
import type { FunctionFacts } from '../analyze/index.ts'
import type { SectionParts, Sections } from '../bundle/container.ts'
import { link } from '../codegen/link.ts'
import type { FunctionRecord } from '../codegen/records.ts'
import { areAlike, isSimple, type Likeness, likenessOf } from './alike-records.ts'
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

/** By the first function's text, the code that began with it last: to compare takes less time than to make a key. */
const lastWritten = new WeakMap<
  FunctionFacts,
  { readonly records: readonly Likeness[]; readonly code: WrittenCode }
>()
const MOST_COMPARED = 64

const written = new Map<string, WrittenCode>()
let bytesWritten = 0

export function writeCode(records: readonly FunctionRecord[]): WrittenCode {
  const last = records[0] && lastWritten.get(records[0].facts)
  if (last !== undefined && areAlike(last.records, records)) return last.code
  const code = writeKept(records)
  if (records.length <= MOST_COMPARED && sizeOf(code) < BYTES_KEPT / 64 && records.every(isSimple))
    lastWritten.set(records[0].facts, { records: likenessOf(records), code })
  return code
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
