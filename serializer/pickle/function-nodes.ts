// Rebuilds the functions, classes and literals of a graph: makes them empty, and fills them when everything in hand is done.
// The mirror of function-writer.ts.
import { ownOfSloppy } from '../capture/index.ts'
import { SUPER_NAME } from '../codegen/leaf.ts'
import { damaged } from '../errors.ts'
import { isWeakCollection, noteSeen, seenBy } from './class-registry.ts'
import type { ByteReader } from './codec/byte-reader.ts'
import type { CodeSource, MadeClass, MadeFunction } from './function-reader.ts'
import type { Nodes } from './nodes.ts'
import { isObject } from './objects.ts'
import { Needs } from './opcodes.ts'
import type { PropertyReader } from './property-reader.ts'
import { rememberHome, rememberSuper } from './source.ts'

const { getOwnPropertyDescriptor } = Reflect

/** What reading functions asks of the graph's reader. */
export interface FunctionNodeSource {
  value(): unknown
  values(): unknown[]
  /** A known class has something in the place of a value of the graph: if these are weak collections, it gets the same entries. */
  follows(collection: object, known: unknown): void
  /** Content that is read when everything in hand is done. */
  later(owner: unknown, filler: () => void): void
}

export class FunctionNodes {
  readonly #source: FunctionNodeSource
  readonly #in: ByteReader
  readonly #nodes: Nodes
  readonly #functions: CodeSource
  readonly #properties: PropertyReader
  readonly #made = new Map<unknown, MadeFunction>()

  constructor(
    source: FunctionNodeSource,
    input: ByteReader,
    nodes: Nodes,
    functions: CodeSource,
    properties: PropertyReader,
  ) {
    this.#source = source
    this.#in = input
    this.#nodes = nodes
    this.#functions = functions
    this.#properties = properties
  }

  function(): object {
    const index = this.#in.varint()
    const needs = this.#in.byte()
    const home = needs & Needs.PrivateHome ? this.#source.value() : undefined
    const outerThis = needs & Needs.This ? this.#source.value() : undefined
    const call = needs & Needs.Call ? this.call() : null
    const { value, made } = this.#functions.function(index, outerThis, call)
    if (typeof home === 'function') rememberHome(value, home)
    this.#nodes.add(value)
    this.#made.set(value, made)
    this.#source.later(value, () => {
      this.#bindings(value, made)
      this.#functionProperties(value, true)
    })
    return value
  }

  #bindings(owner: object, made: MadeFunction): void {
    const { bindings } = made.entry
    if (this.#in.count() !== bindings.length)
      throw damaged('a function has other bindings than its table says')
    const values: unknown[] = []
    const constants: unknown[] = []
    for (const binding of bindings) {
      const value = this.#source.value()
      if (made.existing) {
        if (isObject(value)) this.#source.follows(value, seenBy(owner).get(binding.name))
        continue
      }
      noteSeen(owner, binding.name, value)
      switch (binding.kind) {
        case 'value':
          if (binding.name === SUPER_NAME && isObject(value)) rememberSuper(owner, value)
          values[binding.slot] = value
          break
        case 'const':
          constants[binding.slot] = value
          break
        case 'shared':
          this.#functions.setShared(made.entry.environments[binding.environment], binding.slot, value)
          break
        case 'dead':
          break
      }
    }
    if (made.existing) return
    if (values.length > 0) made.setter!(values)
    made.generator?.next(constants as never)
  }

  #functionProperties(value: object, apart: boolean): void {
    this.#properties.changedPrototype(value, apart)
    if (this.#in.byte() === 1) this.#properties.read(value, ownOfSloppy(value), false, apart)
  }

  /** The number of a call that arrow functions see `this` and `arguments` of; told once for all of them. */
  call(): number {
    const number = this.#in.varint()
    if (this.#in.byte() === 0) return number
    const outerThis = this.#source.value()
    this.#functions.setCall(number, { outerThis, outerArguments: this.#source.values() })
    return number
  }

  class(): object {
    const index = this.#in.varint()
    const identity = this.#in.string()
    const home = this.#in.byte() & Needs.PrivateHome ? this.#source.value() : undefined
    const heritage = this.#source.value()
    const keys: PropertyKey[] = []
    for (let left = this.#in.count(); left > 0; left--) keys.push(this.#properties.key())
    const made = this.#functions.class(index, identity, heritage, keys)
    const { value, prototype, members } = made
    const fresh = !made.existing
    if (typeof home === 'function') rememberHome(value, home)
    this.#nodes.add(value)
    this.#nodes.add(prototype)
    this.#made.set(value, made)
    for (const member of members) {
      this.#nodes.add(member)
      rememberHome(member, value)
      this.#source.later(member, () => this.#functionProperties(member, fresh))
    }
    this.#source.later(value, () => {
      this.#properties.changedPrototype(prototype, fresh)
      this.#properties.read(prototype, [], false, fresh)
    })
    this.#source.later(value, () => this.#classContent(made, fresh))
    return value
  }

  #classContent(made: MadeClass, fresh: boolean): void {
    const { value } = made
    this.#bindings(value, made)
    for (let i = 0; i < made.entry.staticFields; i++) {
      const state = this.#source.value()
      if (fresh) this.#functions.setStaticField(value, i, state)
      else if (isWeakCollection(state)) this.#source.follows(state, this.#functions.staticField(value, i))
    }
    this.#properties.changedPrototype(value, fresh)
    this.#properties.read(value, [], false, fresh)
  }

  literal(): object {
    const { value, parts, made } = this.#functions.literal(this.#in.varint())
    this.#nodes.add(value)
    for (const part of parts) {
      this.#nodes.add(part)
      rememberHome(part, value)
      this.#source.later(part, () => this.#functionProperties(part, true))
    }
    this.#source.later(value, () => {
      this.#bindings(value, made)
      this.#properties.changedPrototype(value, true)
      this.#properties.read(value)
    })
    return value
  }

  prototypeOf(): object {
    const owner = this.#source.value()
    if (typeof owner !== 'function') throw damaged('a prototype belongs to something that is no function')
    const made = this.#made.get(owner)
    const prototype = getOwnPropertyDescriptor(owner, 'prototype')?.value as object
    if (made?.entry.shape === 'class') return prototype
    this.#nodes.add(prototype)
    if (made) {
      this.#source.later(prototype, () => {
        this.#properties.changedPrototype(prototype, true)
        this.#properties.read(prototype)
      })
    }
    return prototype
  }
}
