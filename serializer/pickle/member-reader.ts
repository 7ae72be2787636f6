// Reads the members of objects whose properties are known to be data. A shape that is met often gets a function of its own,
// in which V8 knows where each member is; these are kept from bundle to bundle. (record-builder.ts is the mirror.)
import { MapPrototypeGetSize } from '../primordials.ts'
import { generate } from './generated.ts'

/** Objects of a shape in one bundle, from which on a function of its own pays off. */
const OFTEN = 16
/** Functions that are kept, before all are forgotten. */
const KEPT = 1000

/** Puts the members into `values` from `base` on. False, in the middle of it, if one is a function. */
type Read = (object: object, values: unknown[], base: number) => boolean

const kept = new Map<string, Read>()

export class MemberReader {
  readonly #keys: readonly string[]
  #count = 0
  #read: Read | null = null

  constructor(keys: readonly string[]) {
    this.#keys = keys
  }

  read(object: object, values: unknown[], base: number): boolean {
    if (this.#read !== null) return this.#read(object, values, base)
    const keys = this.#keys
    if (++this.#count === OFTEN) this.#read = generated(keys)
    for (let i = 0; i < keys.length; i++) {
      const member = (object as Record<string, unknown>)[keys[i]]
      if (typeof member === 'function') return false
      values[base + i] = member
    }
    return true
  }
}

function generated(keys: readonly string[]): Read | null {
  const names = keys.map((key) => JSON.stringify(key))
  const known = kept.get(names.join())
  if (known !== undefined) return known
  const members = names.map((_, i) => `m${i}`)
  const body = `const ${members.map((name, i) => `${name} = object[${names[i]}]`).join(', ')}
    if (${members.map((name) => `typeof ${name} === 'function'`).join(' || ')}) return false
    ${members.map((name, i) => `values[base + ${i}] = ${name}`).join('; ')}
    return true`
  const read = generate<Read>(['object', 'values', 'base'], body)
  if (read === null) return null
  if (MapPrototypeGetSize(kept) >= KEPT) kept.clear()
  kept.set(names.join(), read)
  return read
}
