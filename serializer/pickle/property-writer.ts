// Own properties with all their attributes: those of any object, and the elements of an array that is not plain.
import { isCapturedStack } from '../reducers/index.ts'
import type { GraphWriter } from './graph-writer.ts'
import { checkSymbol } from './kept-symbols.ts'
import { Attribute, Op, PropertiesFlag } from './opcodes.ts'
import { keysBesideElements } from './view-keys.ts'

const { apply, getOwnPropertyDescriptor, isExtensible, ownKeys } = Reflect

export class PropertyWriter {
  readonly #graph: GraphWriter

  constructor(graph: GraphWriter) {
    this.#graph = graph
  }

  /** The elements of an array and its other properties. */
  writeElements(array: unknown[]): void {
    const graph: GraphWriter = this.#graph
    const keys = ownKeys(array)
    const length = array.length
    let indexes = 0
    while (indexes < keys.length && isIndex(keys[indexes])) indexes++
    const sparse = length > 64 && indexes * 4 < length
    const extra = keys.length - indexes - 1
    const frozenLength = !getOwnPropertyDescriptor(array, 'length')!.writable
    graph.out.byte(
      (sparse ? 1 : 0) | (extra > 0 ? 2 : 0) | (frozenLength ? 4 : 0) | (isExtensible(array) ? 0 : 8),
    )
    if (sparse) {
      graph.out.varint(indexes)
      const held = this.#held(array, keys)
      for (let i = 0; i < indexes; i++) {
        const key = keys[i] as string
        graph.out.varint(Number(key))
        graph.step('index', Number(key))
        this.#property(
          array,
          key,
          held === null ? getOwnPropertyDescriptor(array, key)! : held[i]!,
          Attribute.All,
        )
      }
    } else {
      const held = graph.isInterruptible ? this.#held(array, indexesBelow(length)) : null
      for (let i = 0; i < length; i++) {
        const descriptor = held === null ? getOwnPropertyDescriptor(array, i) : held[i]
        if (!descriptor) graph.out.byte(Op.Hole)
        else {
          graph.step('index', i)
          this.#property(array, i, descriptor, Attribute.All)
        }
      }
    }
    if (extra > 0)
      this.#keyed(
        array,
        keys.slice(indexes).filter((key) => key !== 'length'),
      )
  }

  /** All own properties but the given ones, and whether the object is extensible. */
  write(object: object, skipped: readonly PropertyKey[], indexed: boolean): void {
    const graph: GraphWriter = this.#graph
    let keys = indexed ? keysBesideElements(object) : ownKeys(object)
    if (skipped.length > 0) keys = keys.filter((key) => !skipped.includes(key))
    graph.out.byte(isExtensible(object) ? 0 : PropertiesFlag.NonExtensible | closure(object, skipped))
    this.#keyed(object, keys)
  }

  /** The same, where the object is extensible and has these data properties alone, all with the usual attributes. */
  writeUsual(object: object, keys: readonly string[]): void {
    const graph: GraphWriter = this.#graph
    graph.out.byte(0)
    graph.out.varint(keys.length)
    if (keys.length === 0) return
    graph.out.byte(Attribute.All)
    for (let i = 0; i < keys.length; i++) {
      graph.value(keys[i])
      graph.step('property', keys[i])
      graph.value((object as Record<string, unknown>)[keys[i]])
    }
  }

  /** A count, the attributes that most have, then keys and values. */
  #keyed(object: object, keys: readonly PropertyKey[]): void {
    const graph: GraphWriter = this.#graph
    graph.out.varint(keys.length)
    if (keys.length === 0) return
    const usual = attributesOf(getOwnPropertyDescriptor(object, keys[0])!)
    graph.out.byte(usual)
    const held = this.#held(object, keys)
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]
      if (typeof key === 'symbol') {
        checkSymbol(object, key, graph)
        graph.step('property', '[symbol]')
      }
      graph.value(key)
      graph.step('property', typeof key === 'string' ? key : `[${String(key)}]`)
      this.#property(object, key, held === null ? getOwnPropertyDescriptor(object, key)! : held[i]!, usual)
    }
  }

  /** The properties as they are now, if a reducer of the user's may change them while they are written. */
  #held(object: object, keys: readonly PropertyKey[]): (PropertyDescriptor | undefined)[] | null {
    const graph: GraphWriter = this.#graph
    return graph.isInterruptible ? keys.map((key) => getOwnPropertyDescriptor(object, key)) : null
  }

  #capturedStack(object: object, { get }: PropertyDescriptor): unknown {
    try {
      return apply(get!, object, [])
    } catch {
      const graph: GraphWriter = this.#graph
      graph.refuse(
        'V8 can not form its stack: its name or message does not turn into text',
        'Give it a name and a message that are strings, or delete its stack',
      )
    }
  }

  #property(object: object, key: PropertyKey, descriptor: PropertyDescriptor, usual: number): void {
    const graph: GraphWriter = this.#graph
    const attributes = attributesOf(descriptor)
    if (descriptor.get || descriptor.set || !('value' in descriptor)) {
      graph.out.byte(Op.Accessor)
      if (key === 'stack' && isCapturedStack(descriptor)) {
        graph.out.byte(attributes | Attribute.CapturedStack)
        return graph.value(this.#capturedStack(object, descriptor))
      }
      graph.out.byte(attributes)
      graph.value(descriptor.get)
      graph.value(descriptor.set)
      return
    }
    if (attributes !== usual) {
      graph.out.byte(Op.Attributes)
      graph.out.byte(attributes)
    }
    graph.value(descriptor.value)
  }
}

/** Flags of properties that are not written: what freezes an object does it with all that it has. */
function closure(object: object, keys: readonly PropertyKey[]): number {
  let flags: number = PropertiesFlag.KeptSealed | PropertiesFlag.KeptFrozen
  let found = false
  for (let i = 0; i < keys.length; i++) {
    const descriptor = getOwnPropertyDescriptor(object, keys[i])
    if (!descriptor) continue
    found = true
    if (descriptor.configurable) return 0
    if (descriptor.writable) flags = PropertiesFlag.KeptSealed
  }
  return found ? flags : 0
}

function attributesOf(descriptor: PropertyDescriptor): number {
  return (
    (descriptor.writable ? Attribute.Writable : 0) |
    (descriptor.enumerable ? Attribute.Enumerable : 0) |
    (descriptor.configurable ? Attribute.Configurable : 0)
  )
}

/** Those of an array of this length. Its own `keys` is the user's. */
function indexesBelow(length: number): number[] {
  const indexes: number[] = []
  for (let i = 0; i < length; i++) indexes[i] = i
  return indexes
}

function isIndex(key: PropertyKey): boolean {
  if (typeof key !== 'string' || key === '') return false
  const number = Number(key)
  return number >= 0 && number < 4294967295 && Number.isInteger(number) && String(number) === key
}
