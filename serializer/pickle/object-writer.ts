// Creates what plain-writer.ts left: each kind of object with what must exist before it (a prototype, a heritage, a bound target);
// its content follows when everything in hand is done.
import { types } from 'node:util'
import { internalSlots } from '../capture/index.ts'
import { builtinReducers, findBuiltinReducer } from '../reducers/index.ts'
import {
  findBuiltin,
  findForeignIntrinsic,
  findIntrinsic,
  isReferable,
  noteInherited,
  rememberReference,
} from '../references/index.ts'
import type { GraphWriter } from './graph-writer.ts'
import { InstanceShapes } from './instance-shapes.ts'
import { isOfNodes, prototypeOwner } from './instances.ts'
import { Op, Prototype } from './opcodes.ts'
import { wrappedView } from './out-of-band.ts'
import { HOOK_MET } from './reductions.ts'
import { settledPrototypeOf } from './settled-prototype.ts'

const { getPrototypeOf } = Reflect
const isArray = Array.isArray
const ObjectPrototype = Object.prototype
const ArrayPrototype = Array.prototype
const MapConstructor = Map

export class ObjectWriter {
  readonly #graph: GraphWriter
  readonly #instanceShapes = new InstanceShapes()
  readonly #scriptOf = (fn: object): string | undefined => this.#graph.functions.site(fn).script?.url

  constructor(graph: GraphWriter) {
    this.#graph = graph
  }

  create(value: object): void {
    const graph = this.#graph
    const keys = this.#instanceShapes.keysOf(value)
    if (keys !== null && !isReferable(value)) return this.#plain(value, keys)
    if (types.isProxy(value)) return this.#proxy(value)
    const view = wrappedView(value)
    if (view !== null) return graph.buffers.wrapped(value, view)
    const reference = findIntrinsic(value) ?? findBuiltin(value)
    if (reference) return graph.reference(value, reference)
    if (typeof value === 'function') return graph.functions.write(value)
    const exported = graph.packageExport(value)
    if (exported) {
      rememberReference(exported, value)
      return graph.reference(value, exported)
    }
    if (types.isModuleNamespaceObject(value)) {
      return graph.wholeNamespace(value)
    }
    const owner = prototypeOwner(value)
    if (owner !== null) return this.#prototypeOf(value, owner)
    if (!graph.takesReductions && graph.instances.hasHook(value)) throw HOOK_MET
    const reducer = findBuiltinReducer(value)
    if (reducer >= 0) {
      if (graph.buffers.outOfBand(value) || graph.buffers.viewedBuffer(value)) return
      return this.#builtin(value, reducer)
    }
    if (isArray(value)) return this.#array(value)
    const foreign = findForeignIntrinsic(value)
    if (foreign) return graph.reference(value, foreign)
    this.#refuseRunning(value)
    if (graph.functions.writeSpecial(value)) return
    this.#plain(value, null)
    if (!graph.takesReductions) this.#instanceShapes.note(value)
  }

  #refuseRunning(value: object): void {
    const graph = this.#graph
    if (types.isGeneratorObject(value)) {
      graph.refuse(
        'a running generator can not be copied: its position in the code is in V8 alone',
        'Pickle the generator function, and start it where it is needed',
      )
    }
    if (types.isExternal(value)) graph.refuse('it is a pointer of a native addon', 'Leave it out')
  }

  #proxy(value: object): void {
    const graph = this.#graph
    const slots = internalSlots(value)
    const target = slots.get('[[Target]]')
    const handler = slots.get('[[Handler]]')
    if (target === null || handler === null) graph.refuse('the proxy was revoked', 'Leave it out')
    graph.instances.refuseUnknown(value, graph)
    graph.out.byte(Op.Proxy)
    graph.step('slot', 'ProxyTarget')
    graph.value(target)
    graph.step('slot', 'ProxyHandler')
    graph.value(handler)
    graph.remember(value)
  }

  #prototypeOf(value: object, owner: object): void {
    const graph = this.#graph
    if (!graph.isKnown(owner)) {
      // Writing the class also numbers its prototype.
      graph.forget(value)
      graph.out.byte(Op.PrototypeOf)
      graph.step('property', 'constructor')
      graph.value(owner)
      if (graph.isKnown(value)) return
    } else {
      graph.out.byte(Op.PrototypeOf)
      graph.value(owner)
    }
    graph.remember(value)
    if (!graph.functions.has(owner)) return
    graph.later(value, (object) => {
      graph.changedPrototype(object, defaultPrototypeOf(owner))
      graph.properties(object, [], false)
    })
  }

  #builtin(value: object, type: number): void {
    const graph = this.#graph
    const reducer = builtinReducers[type]
    graph.out.byte(Op.Builtin)
    graph.out.varint(type)
    const usual = reducer.prototype(value)
    const { custom, late } = this.#prototype(value, usual, () => reducer.write?.(value, graph))
    const ofNodes = usual !== null && isOfNodes(usual)
    if (!custom && !ofNodes) graph.instances.refuseUnknown(value, graph)
    graph.later(value, (object) => {
      if (custom) graph.instances.writePrivate(object, graph, ofNodes)
      reducer.writeContent?.(object, graph)
      graph.properties(object, reducer.ownKeys?.(object) ?? [], reducer.indexed ?? false)
    })
    if (late !== null) this.#prototypeLater(value, late)
  }

  /**
   * Writes the prototype, then what creation needs, then numbers the object. Is its prototype another than the usual one, and
   * which one has to wait (`late`)?
   */
  #prototype(
    value: object,
    usual: object | null,
    creation: () => void,
  ): { readonly custom: boolean; readonly late: object | null } {
    const graph = this.#graph
    const prototype = settledPrototypeOf(value)
    let late: object | null = null
    if (prototype === usual) graph.out.byte(Prototype.Default)
    else if (prototype === null) graph.out.byte(Prototype.Null)
    else if (graph.isOpen(prototype)) {
      late = prototype
      graph.out.byte(Prototype.Later)
    } else {
      graph.out.byte(Prototype.Given)
      if (!graph.isKnown(prototype) && !types.isProxy(prototype) && prototypeOwner(prototype) === null)
        noteInherited(prototype, this.#scriptOf)
      graph.step('slot', 'Prototype')
      graph.value(prototype)
    }
    creation()
    graph.remember(value)
    return { custom: prototype !== usual && prototype !== null, late }
  }

  /** Said after the content, it comes before it: what is frozen by then takes no prototype. */
  #prototypeLater(value: object, prototype: object): void {
    const graph = this.#graph
    graph.later(value, () => {
      graph.step('slot', 'Prototype')
      graph.value(prototype)
    })
  }

  #array(value: unknown[]): void {
    const graph = this.#graph
    graph.out.byte(Op.Array)
    const { custom, late } = this.#prototype(value, ArrayPrototype, () => graph.out.varint(value.length))
    if (!custom) graph.instances.refuseUnknown(value, graph)
    graph.later(value, (array) => {
      if (custom) graph.instances.writePrivate(array, graph)
      graph.propertyWriter.writeElements(array)
    })
    if (late !== null) this.#prototypeLater(value, late)
  }

  /** An object that is no more than its properties and private fields. The keys, where all properties are usual ones. */
  #plain(value: object, keys: readonly string[] | null): void {
    const graph = this.#graph
    const stamp = graph.instances.check(value, graph)
    if (stamp) {
      // Its base class has private elements: only that class's construction can give them.
      graph.step('slot', 'Prototype')
      graph.out.byte(Op.Stamped)
      graph.value(stamp)
    } else graph.out.byte(Op.Object)
    const { custom, late } = this.#prototype(value, ObjectPrototype, () => {})
    graph.later(value, (object) => {
      if (custom) graph.instances.writePrivate(object, graph)
      if (keys === null) graph.properties(object, [], false)
      else graph.propertyWriter.writeUsual(object, keys)
    })
    if (late !== null) this.#prototypeLater(value, late)
  }
}

/** What inherits the object that a generator function has as its `prototype`; that of any other is an Object. */
function defaultPrototypeOf(owner: object): object | null {
  return GENERATOR_PROTOTYPES.get(getPrototypeOf(owner)) ?? ObjectPrototype
}

const GENERATOR_PROTOTYPES = new MapConstructor<unknown, object>(
  [function* () {}, async function* () {}].map((fn) => [
    getPrototypeOf(fn),
    (getPrototypeOf(fn) as { prototype: object }).prototype,
  ]),
)
