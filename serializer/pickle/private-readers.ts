// Private fields of many instances of one class. V8's inspector shows them at 40 us and more an object; a function that
// was made inside one of the class's methods, by a probe, reads them as the method would, in no time.
import { types } from 'node:util'
import { probe } from '../capture/index.ts'
import { privateFields } from '../codegen/records.ts'
import { analyzed, sourceOf } from './source.ts'

const { getOwnPropertyDescriptor, ownKeys } = Reflect

/** A class that put private elements onto an object, and its fields there. */
export interface Stamp {
  readonly owner: object
  readonly fields: readonly { readonly name: string; readonly value?: unknown }[]
}

/** The values of one class's fields, in their order; undefined if the object has none of them. */
type FieldReader = (object: object) => readonly unknown[] | undefined

/** Reads the stamps of an object that the classes constructed, base first. */
export type StampReader = (object: object) => Stamp[]

/** Null if there is a class that can't be read so, or if the reader does not see what the inspector saw. */
export function stampReader(
  owners: readonly object[],
  instance: object,
  seen: readonly Stamp[],
): StampReader | null {
  const readers: { owner: object; names: readonly string[]; read: FieldReader }[] = []
  for (const owner of owners) {
    const names = privateFields({ facts: analyzed(sourceOf(owner))! }, false).map(bare)
    const read = fieldReader(owner, names)
    if (read === null) return null
    readers.push({ owner, names, read })
  }
  const reader: StampReader = (object) => {
    const stamps: Stamp[] = []
    for (const { owner, names, read } of readers) {
      const values = read(object)
      if (values) stamps.push({ owner, fields: names.map((name, i) => ({ name, value: values[i] })) })
    }
    return stamps
  }
  if (!areEqual(reader(instance), seen)) return null
  known.set(owners[owners.length - 1], { owners, reader })
  return reader
}

/** By the class that is last in the chain. A reader that died with its dump would take V8's optimized code with it, too. */
const known = new WeakMap<object, { readonly owners: readonly object[]; readonly reader: StampReader }>()

/** The reader of an earlier dump for these classes, if it sees what the inspector saw. */
export function knownReader(
  owners: readonly object[],
  instance: object,
  seen: readonly Stamp[],
): StampReader | null {
  const entry = owners.length === 0 ? undefined : known.get(owners[owners.length - 1])
  if (entry === undefined || entry.owners.length !== owners.length) return null
  for (let i = 0; i < owners.length; i++) if (entry.owners[i] !== owners[i]) return null
  return areEqual(entry.reader(instance), seen) ? entry.reader : null
}

function fieldReader(owner: object, names: readonly string[]): FieldReader | null {
  if (names.length === 0) return null
  const values = names.map((name) => `$object.#${name}`).join(', ')
  for (const method of methodsOf(owner)) {
    const facts = analyzed(sourceOf(method))
    if (!facts?.privateNames.some((name) => names.includes(bare(name)))) continue
    try {
      return probe(
        method,
        facts,
        `$object => #${names[0]} in $object ? [${values}] : undefined`,
      ) as FieldReader
    } catch {
      // Another method may be asked.
    }
  }
  return null
}

function* methodsOf(owner: object): Generator<object> {
  const prototype = getOwnPropertyDescriptor(owner, 'prototype')?.value as object
  for (const holder of [prototype, owner])
    for (const key of ownKeys(holder)) {
      const descriptor = getOwnPropertyDescriptor(holder, key)!
      for (const fn of [descriptor.value, descriptor.get, descriptor.set])
        if (typeof fn === 'function' && fn !== owner && !types.isProxy(fn)) yield fn
    }
}

/** A method of another class of the same text would see nothing, or another class's fields. */
function areEqual(stamps: readonly Stamp[], others: readonly Stamp[]): boolean {
  return (
    stamps.length === others.length &&
    stamps.every(
      ({ owner, fields }, i) =>
        owner === others[i].owner &&
        fields.length === others[i].fields.length &&
        fields.every(({ name, value }, j) => {
          const other = others[i].fields[j]
          return name === other.name && Object.is(value, other.value)
        }),
    )
  )
}

/** V8 lists private names with their `#`, our facts without. */
export function bare(name: string): string {
  return name.startsWith('#') ? name.slice(1) : name
}
