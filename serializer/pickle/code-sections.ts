// The two sections about code: the units' texts, and for each function where its template is and what its bindings
// are. The graph section then says when each is made and with which values.

import { type Linked, Numbers } from '../codegen/link.ts'
import type { Place } from '../codegen/nesting.ts'
import { type FunctionRecord, privateFields } from '../codegen/records.ts'
import { UnpicklingError } from '../errors.ts'
import { Buffer } from '../globals.ts'
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
  | { readonly kind: 'value' | 'const' | 'dead'; readonly name: string; readonly slot: number }
  /** `environment` counts the shared bindings of the template: each function has its own list of environments. */
  | { readonly kind: 'shared'; readonly name: string; readonly environment: number; readonly slot: number }

export interface MemberEntry {
  readonly isStatic: boolean
  readonly key: string | number
  readonly slot: 'value' | 'get' | 'set'
}

/** What functions from one text have in common. */
export interface TemplateEntry {
  readonly shape: 'function' | 'class' | 'literal'
  readonly name: string
  /** Where the function sits in its holder. */
  readonly slot: 'value' | 'get' | 'set'
  readonly bindings: readonly BindingEntry[]
  readonly constants: number
  readonly members: readonly MemberEntry[]
  readonly staticFields: number
  readonly instanceFields: number
  readonly origin: string | null
  /** The text as it was written, if the unit has it edited. */
  readonly original: string | null
}

export interface FunctionEntry extends TemplateEntry {
  readonly place: Place
  /** The environments of its shared bindings, in their order. */
  readonly environments: readonly number[]
}

export interface EnvironmentEntry {
  readonly place: Place
  readonly variables: number
  /** The number of the call whose `this` and `arguments` it provides, if any. */
  readonly call: number | null
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
  if (bytes.length === 0) return []
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
    out.varint(environment.call === null ? 0 : environment.call + 1)
    out.varint(environment.variables.length)
    for (const [slot, variable] of environment.variables.entries()) slots.set(variable, [i, slot])
  }
  const templates = new Map<string, number>()
  const numbers = new Numbers()
  const texts = new ByteWriter()
  const instances = new ByteWriter()
  for (const record of records) {
    const key = templateKey(record, slots, numbers)
    let template = templates.get(key)
    if (template === undefined) {
      template = templates.size
      templates.set(key, template)
      writeTemplate(texts, record, slots, linked.edited.has(record.index))
    }
    instances.varint(template)
    writePlace(instances, linked.places[record.index])
    for (const { variable } of record.bindings) if (variable) instances.varint(slots.get(variable)![0])
  }
  out.varint(templates.size)
  out.bytes(texts.finish())
  out.varint(records.length)
  out.bytes(instances.finish())
  return out.finish()
}

type Slots = ReadonlyMap<unknown, readonly [environment: number, slot: number]>

function templateKey(record: FunctionRecord, slots: Slots, numbers: Numbers): string {
  const bindings = record.bindings.map(
    ({ kind, name, variable }) => `${variable ? slots.get(variable)![1] : kind}:${name}`,
  )
  const members = (record.literal ?? record.members).map(
    (member) => `${member.slot}${'isStatic' in member && member.isStatic}${typeof member.key}${member.key}`,
  )
  return [
    record.facts.form,
    record.literal !== null,
    record.origin,
    record.name,
    bindings,
    members,
    numbers.of(record.text),
  ].join('\n')
}

function writeTemplate(out: ByteWriter, record: FunctionRecord, slots: Slots, edited: boolean): void {
  const { form } = record.facts
  out.byte(record.literal ? Shape.Literal : form === 'class' ? Shape.Class : Shape.Function)
  out.string(record.name)
  out.byte(form === 'getter' ? 1 : form === 'setter' ? 2 : 0)
  out.string(record.origin ?? '')
  out.varint(record.bindings.length)
  for (const { kind, name, variable } of record.bindings) {
    out.byte(
      variable
        ? Binding.Shared
        : kind === 'const'
          ? Binding.Const
          : kind === 'dead'
            ? Binding.Dead
            : Binding.Value,
    )
    out.string(name)
    if (variable) out.varint(slots.get(variable)![1])
  }
  const members = record.literal ?? record.members
  out.varint(members.length)
  for (const member of members) {
    out.byte(
      SLOTS.indexOf(member.slot) |
        ('isStatic' in member && member.isStatic ? 4 : 0) |
        (typeof member.key === 'number' ? 8 : 0),
    )
    if (typeof member.key === 'number') out.varint(member.key)
    else out.string(member.key)
  }
  out.varint(privateFields(record, true).length)
  out.varint(privateFields(record, false).length)
  out.string(edited ? record.text : '')
}

export function readFunctions(bytes: Uint8Array): {
  environments: EnvironmentEntry[]
  functions: FunctionEntry[]
} {
  if (bytes.length === 0) return { environments: [], functions: [] }
  const input = new ByteReader(bytes)
  const environments: EnvironmentEntry[] = []
  for (let left = input.count(); left > 0; left--)
    environments.push({
      place: readPlace(input),
      call: readCall(input.varint()),
      variables: input.varint(),
    })
  const templates: TemplateEntry[] = []
  for (let left = input.count(); left > 0; left--) templates.push(readTemplate(input))
  const functions: FunctionEntry[] = []
  for (let left = input.count(); left > 0; left--) {
    const template = templates[input.varint()]
    if (!template) throw malformed()
    const place = readPlace(input)
    const own: number[] = []
    for (const binding of template.bindings) {
      if (binding.kind !== 'shared') continue
      const environment = input.varint()
      if (!(binding.slot < (environments[environment]?.variables ?? 0))) throw malformed()
      own.push(environment)
    }
    functions.push({ ...template, place, environments: own })
  }
  if (input.remaining > 0) throw malformed()
  return { environments, functions }
}

function readCall(number: number): number | null {
  return number === 0 ? null : number - 1
}

function readTemplate(input: ByteReader): TemplateEntry {
  const shape = (['function', 'class', 'literal'] as const)[input.byte()]
  if (shape === undefined) throw malformed()
  const name = input.string()
  const slot = readSlot(input.byte())
  const origin = input.string() || null
  const bindings: BindingEntry[] = []
  const counts = [0, 0, 0, 0]
  for (let left = input.count(); left > 0; left--) {
    const kind = (['value', 'const', 'dead', 'shared'] as const)[input.byte()]
    const name = input.string()
    if (kind === undefined) throw malformed()
    if (kind === 'shared')
      bindings.push({ kind, name, environment: counts[Binding.Shared]++, slot: input.varint() })
    else bindings.push({ kind, name, slot: counts[kind === 'value' ? 0 : kind === 'const' ? 1 : 2]++ })
  }
  const members: MemberEntry[] = []
  for (let left = input.count(); left > 0; left--) {
    const flags = input.byte()
    const key = flags & 8 ? input.varint() : input.string()
    members.push({ isStatic: (flags & 4) !== 0, slot: readSlot(flags & 3), key })
  }
  const constants = counts[Binding.Const]
  return {
    shape,
    name,
    slot,
    origin,
    bindings,
    constants,
    members,
    staticFields: input.varint(),
    instanceFields: input.varint(),
    original: input.string() || null,
  }
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
