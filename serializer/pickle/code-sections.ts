// The two sections about code: the units' texts, and for each function where its template is and what its bindings
// are. The graph section then says when each is made and with which values.
import type { Linked, Place } from '../codegen/link.ts'
import { type FunctionRecord, privateFields } from '../codegen/records.ts'
import { UnpicklingError } from '../errors.ts'
import { ByteReader } from './codec/byte-reader.ts'
import { ByteWriter } from './codec/byte-writer.ts'

const HASH_BYTES = 16
const PLACES = ['unit', 'environment', 'class'] as const
const SLOTS = ['value', 'get', 'set'] as const
const Binding = { Value: 0, Const: 1, Dead: 2, Shared: 3 } as const
const Shape = { Function: 0, Class: 1, Literal: 2 } as const

export interface UnitEntry {
  readonly hash: string
  readonly origin: string | null
  readonly text: () => string
}

export type BindingEntry =
  | { readonly kind: 'value'; readonly slot: number }
  | { readonly kind: 'const'; readonly slot: number }
  | { readonly kind: 'dead' }
  | { readonly kind: 'shared'; readonly environment: number; readonly slot: number }

export interface MemberEntry {
  readonly isStatic: boolean
  readonly key: string | number
  readonly slot: 'value' | 'get' | 'set'
}

export interface FunctionEntry {
  readonly shape: 'function' | 'class' | 'literal'
  readonly place: Place
  /** Where the function sits in its holder. */
  readonly slot: 'value' | 'get' | 'set'
  readonly bindings: readonly BindingEntry[]
  readonly constants: number
  readonly members: readonly MemberEntry[]
  readonly staticFields: number
  readonly instanceFields: number
  readonly origin: string | null
}

export interface EnvironmentEntry {
  readonly place: Place
  readonly variables: number
}

export function writeUnits(linked: Linked): Uint8Array {
  const out = new ByteWriter()
  out.varint(linked.units.length)
  for (const unit of linked.units) {
    out.bytes(Buffer.from(unit.hash, 'hex'))
    out.string(unit.origin ?? '')
    out.string(unit.text)
  }
  return out.finish()
}

export function readUnits(bytes: Uint8Array): UnitEntry[] {
  const input = new ByteReader(bytes)
  const units: UnitEntry[] = []
  for (let left = input.count(HASH_BYTES); left > 0; left--) {
    const hash = Buffer.from(input.view(HASH_BYTES)).toString('hex')
    const origin = input.string() || null
    units.push({ hash, origin, text: input.lazyString() })
  }
  return units
}

export function writeFunctions(linked: Linked, records: readonly FunctionRecord[]): Uint8Array {
  const out = new ByteWriter()
  const slots = new Map<unknown, [number, number]>()
  out.varint(linked.environments.length)
  for (const [i, environment] of linked.environments.entries()) {
    writePlace(out, environment.place)
    out.varint(environment.variables.length)
    for (const [slot, variable] of environment.variables.entries()) slots.set(variable, [i, slot])
  }
  out.varint(records.length)
  for (const record of records) writeFunction(out, record, linked.places[record.index], slots)
  return out.finish()
}

function writeFunction(out: ByteWriter, record: FunctionRecord, place: Place, slots: Map<unknown, [number, number]>): void {
  const { form } = record.facts
  const shape = record.literal ? Shape.Literal : form === 'class' ? Shape.Class : Shape.Function
  out.byte(shape)
  writePlace(out, place)
  out.byte(form === 'getter' ? 1 : form === 'setter' ? 2 : 0)
  out.string(record.origin ?? '')
  out.varint(record.bindings.length)
  for (const binding of record.bindings) {
    if (binding.variable) {
      const [environment, slot] = slots.get(binding.variable)!
      out.byte(Binding.Shared)
      out.varint(environment)
      out.varint(slot)
    } else out.byte(binding.kind === 'const' ? Binding.Const : binding.kind === 'dead' ? Binding.Dead : Binding.Value)
  }
  const members = record.literal ?? record.members
  out.varint(members.length)
  for (const member of members) {
    out.byte(SLOTS.indexOf(member.slot) | ('isStatic' in member && member.isStatic ? 4 : 0) | (typeof member.key === 'number' ? 8 : 0))
    if (typeof member.key === 'number') out.varint(member.key)
    else out.string(member.key)
  }
  out.varint(privateFields(record, true).length)
  out.varint(privateFields(record, false).length)
}

export function readFunctions(bytes: Uint8Array): { environments: EnvironmentEntry[]; functions: FunctionEntry[] } {
  const input = new ByteReader(bytes)
  if (bytes.length === 0) return { environments: [], functions: [] }
  const environments: EnvironmentEntry[] = []
  for (let left = input.count(); left > 0; left--) environments.push({ place: readPlace(input), variables: input.varint() })
  const functions: FunctionEntry[] = []
  for (let left = input.count(); left > 0; left--) functions.push(readFunction(input, environments))
  return { environments, functions }
}

function readFunction(input: ByteReader, environments: readonly EnvironmentEntry[]): FunctionEntry {
  const shape = (['function', 'class', 'literal'] as const)[input.byte()]
  if (shape === undefined) throw malformed()
  const place = readPlace(input)
  const slot = readSlot(input.byte())
  const origin = input.string() || null
  const bindings: BindingEntry[] = []
  let values = 0
  let constants = 0
  for (let left = input.count(); left > 0; left--) {
    const kind = input.byte()
    if (kind === Binding.Value) bindings.push({ kind: 'value', slot: values++ })
    else if (kind === Binding.Const) bindings.push({ kind: 'const', slot: constants++ })
    else if (kind === Binding.Dead) bindings.push({ kind: 'dead' })
    else if (kind === Binding.Shared) {
      const environment = input.varint()
      const variable = input.varint()
      if (!(variable < (environments[environment]?.variables ?? 0))) throw malformed()
      bindings.push({ kind: 'shared', environment, slot: variable })
    } else throw malformed()
  }
  const members: MemberEntry[] = []
  for (let left = input.count(); left > 0; left--) {
    const flags = input.byte()
    const key = flags & 8 ? input.varint() : input.string()
    members.push({ isStatic: (flags & 4) !== 0, slot: readSlot(flags & 3), key })
  }
  return { shape, place, slot, origin, bindings, constants, members, staticFields: input.varint(), instanceFields: input.varint() }
}

function readSlot(number: number): 'value' | 'get' | 'set' {
  const slot = SLOTS[number]
  if (slot === undefined) throw malformed()
  return slot
}

function writePlace(out: ByteWriter, place: Place): void {
  out.byte(PLACES.indexOf(place.kind))
  switch (place.kind) {
    case 'unit':
      return out.varint(place.unit)
    case 'environment':
      out.varint(place.environment)
      return out.varint(place.child)
    case 'class':
      out.varint(place.record)
      return out.varint(place.child)
  }
}

function readPlace(input: ByteReader): Place {
  const kind = PLACES[input.byte()]
  const first = input.varint()
  switch (kind) {
    case 'unit':
      return { kind, unit: first }
    case 'environment':
      return { kind, environment: first, child: input.varint() }
    case 'class':
      return { kind, record: first, child: input.varint() }
    default:
      throw malformed()
  }
}

function malformed(): UnpicklingError {
  return new UnpicklingError('the bundle is damaged: its table of functions makes no sense')
}
