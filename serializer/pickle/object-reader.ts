// Creates what is no plain data, operation by operation: the mirror of object-writer.ts. Content follows when everything in hand
// is done.
import { createRequire, Module } from 'node:module'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { importMeta, presentOrigin } from '../codegen/origin.ts'
import { makeSuper, setHome } from '../codegen/super.ts'
import { damaged } from '../errors.ts'
import { builtinReducers, intlFunctionOf } from '../reducers/index.ts'
import type { ByteReader } from './codec/byte-reader.ts'
import type { CodeSource } from './function-reader.ts'
import type { GraphReader, ReadContext } from './graph-reader.ts'
import type { Guard } from './guard.ts'
import { type Nodes, UNMADE } from './nodes.ts'
import { copyOf, isObject } from './objects.ts'
import { MAX_ARGUMENTS, Op, Prototype, ReductionFlag } from './opcodes.ts'
import type { PropertyReader } from './property-reader.ts'
import type { ReducedContent } from './rebuilder.ts'
import { rememberOrigin } from './source.ts'

const { apply, defineProperty, deleteProperty, ownKeys, setPrototypeOf } = Reflect
const objectCreate = Object.create
const bind = Function.prototype.bind
const SetConstructor = Set
const NodePromisify = promisify

export class ObjectReader {
  readonly #graph: GraphReader
  readonly #in: ByteReader
  readonly #nodes: Nodes
  readonly #functions: CodeSource
  readonly #context: ReadContext
  readonly #guard: Guard | null
  readonly #properties: PropertyReader
  /** Elements that `arguments` objects may be made with. */
  #argumentsLeft: number

  constructor(
    graph: GraphReader,
    input: ByteReader,
    nodes: Nodes,
    functions: CodeSource,
    context: ReadContext,
    guard: Guard | null,
    properties: PropertyReader,
  ) {
    this.#graph = graph
    this.#in = input
    this.#nodes = nodes
    this.#functions = functions
    this.#context = context
    this.#guard = guard
    this.#properties = properties
    this.#argumentsLeft = input.remaining
  }

  create(op: number): unknown {
    const graph = this.#graph
    switch (op) {
      case Op.UniqueSymbol: {
        const description = graph.value()
        if (description !== undefined && typeof description !== 'string')
          throw damaged('a symbol has a description that is no string')
        return this.#nodes.add(Symbol(description))
      }
      case Op.Intrinsic: {
        const path = graph.value()
        if (typeof path !== 'string') throw damaged('an intrinsic has no name')
        const value = this.#context.intrinsic(path)
        this.#guard?.intrinsic(value, path)
        return this.#nodes.add(value)
      }
      case Op.Reference: {
        const reference = this.#context.references[this.#in.varint()]
        if (!reference) throw damaged('a reference is named that is not in the manifest')
        const value = this.#context.resolve(reference)
        this.#guard?.reference(value, reference, this.#context.asksModules === true)
        return this.#nodes.add(value)
      }
      case Op.Object:
        return this.#object(null)
      case Op.Stamped:
        return this.#object(graph.value())
      case Op.Array:
        return this.#array()
      case Op.Builtin:
        return this.#builtin()
      case Op.Function:
        return graph.functionNodes.function()
      case Op.Class:
        return graph.functionNodes.class()
      case Op.Literal:
        return graph.functionNodes.literal()
      case Op.PrototypeOf:
        return graph.functionNodes.prototypeOf()
      case Op.Bound: {
        this.#guard?.bound()
        const target = graph.value()
        if (typeof target !== 'function') throw damaged('a bound function has no target')
        const outerThis = graph.value()
        const bound = this.#nodes.add(apply(bind, target, [outerThis, ...graph.values()]))
        graph.later(bound, () => {
          this.#properties.changedPrototype(bound, true)
          this.#properties.read(bound)
        })
        return bound
      }
      case Op.Proxy: {
        const target = graph.value() as object
        const handler = graph.value() as object
        this.#guard?.handler(handler)
        return this.#nodes.add(this.#functions.proxy(target, handler))
      }
      case Op.Namespace: {
        const namespace = objectCreate(null)
        defineProperty(namespace, Symbol.toStringTag, { value: 'Module' })
        graph.namespaces ??= new SetConstructor()
        graph.namespaces.add(namespace)
        return this.#nodes.add(namespace)
      }
      case Op.Arguments: {
        const length = this.#in.varint()
        if (length > MAX_ARGUMENTS) throw damaged('an arguments object is too long')
        // Its elements are properties that follow: those that it is made with are only their places.
        const made = Math.min(length, this.#argumentsLeft)
        this.#argumentsLeft -= made
        const value = this.#nodes.add(makeArguments(made))
        graph.later(value, () => {
          this.#properties.changedPrototype(value, true)
          this.#properties.read(value, ['callee'])
        })
        return value
      }
      case Op.Require: {
        this.#guard?.moduleScope('require')
        const filename = this.#in.string()
        const require = createRequire(presentOrigin(filename === '' ? '' : pathToFileURL(filename).href))
        rememberOrigin(require, filename)
        return this.#nodes.add(require)
      }
      case Op.Promisified: {
        const original = graph.value()
        return this.#nodes.add(NodePromisify(original as () => void))
      }
      case Op.IntlFunction: {
        const owner = graph.value()
        const found = intlFunctionOf(owner)
        if (!found) throw damaged('a function of an Intl object has none')
        const fn = this.#nodes.add(found)
        graph.later(fn, () => {
          this.#properties.changedPrototype(fn, true)
          this.#properties.read(fn)
        })
        return fn
      }
      case Op.ImportMeta:
        this.#guard?.moduleScope('import.meta')
        return this.#nodes.add(importMeta(this.#in.string()))
      case Op.Module: {
        this.#guard?.moduleScope('module')
        const module = this.#nodes.add(new Module('[cornichon]'))
        graph.later(module, () => {
          module.exports = graph.value()
        })
        return module
      }
      case Op.Super: {
        const reference = this.#nodes.add(makeSuper())
        graph.later(reference, () => {
          const home = graph.value()
          if (!isObject(home)) throw damaged('a home object is none')
          setHome(reference, home)
        })
        return reference
      }
      case Op.AfterCall:
        graph.functionNodes.call()
        return graph.sameLevel(() => graph.value())
      case Op.OutOfBand: {
        const bytes = graph.outOfBand(this.#in.varint())
        if (graph.received(bytes) === UNMADE) throw damaged('a part of a buffer stands for all of it')
        return bytes.buffer
      }
      case Op.ViewedBuffer:
      case Op.WholeBuffer:
        return this.#nodes.add(copyOf(graph.bulk()))
      case Op.MemberOf:
        graph.value()
        return graph.sameLevel(() => graph.value())
      case Op.Settled:
        return graph.settled(() => graph.sameLevel(() => graph.value()))
      case Op.Reduction:
        return this.#reduction()
      case Op.Persistent:
        return this.#nodes.add(this.#context.rebuilder.persistent(graph.settled(() => graph.value())))
      default:
        throw damaged(`operation ${op} is unknown`)
    }
  }

  #reduction(): unknown {
    const graph = this.#graph
    this.#guard?.reduction()
    const flags = this.#in.byte()
    const factory = graph.value()
    const args = graph.settled(() => graph.values())
    const { rebuilder } = this.#context
    const result = this.#nodes.add(rebuilder.create(factory, args, (flags & ReductionFlag.New) !== 0))
    if ((flags & ~ReductionFlag.New) === 0) return result
    graph.later(result, () => {
      const content: ReducedContent = {}
      // Below what the content leaves pending: it is whole then.
      graph.later(result, () => rebuilder.fill(result, content))
      if (flags & ReductionFlag.SetState) content.setState = { setter: graph.value(), state: graph.value() }
      else if (flags & ReductionFlag.State) {
        this.#in.byte()
        content.state = this.#properties.descriptors(this.#in.count())
      }
      if (flags & ReductionFlag.Items) content.items = graph.values()
      if (flags & ReductionFlag.Entries) {
        const entries: [unknown, unknown][] = []
        for (let left = this.#in.count(); left > 0; left--) entries.push([graph.value(), graph.value()])
        content.entries = entries
      }
    })
    return result
  }

  #prototype(): { mode: number; prototype: object | null } {
    const graph = this.#graph
    const mode = this.#in.byte()
    if (mode > Prototype.Later) throw damaged('a prototype has no kind')
    return { mode, prototype: mode === Prototype.Given ? (graph.value() as object) : null }
  }

  #object(base: unknown): object {
    const graph = this.#graph
    const { mode, prototype } = this.#prototype()
    let object: object
    if (base)
      object = this.#functions.construct(
        base,
        mode === Prototype.Null ? null : mode === Prototype.Given ? prototype : Object.prototype,
      )
    else if (mode === Prototype.Default || mode === Prototype.Later) object = {}
    else object = objectCreate(prototype)
    this.#nodes.add(object)
    graph.later(object, () => {
      if (mode >= Prototype.Given) this.#privateElements(object, base)
      this.#properties.read(object)
    })
    if (mode === Prototype.Later) this.#prototypeLater(object)
    return object
  }

  /** What is noted last is read first: before the content, after which the object may be frozen. */
  #prototypeLater(object: object): void {
    const graph = this.#graph
    graph.later(object, () => {
      this.#guard?.prototype(object)
      setPrototypeOf(object, graph.value() as object | null)
    })
  }

  #array(): unknown[] {
    const graph = this.#graph
    const { mode, prototype } = this.#prototype()
    const length = this.#in.varint()
    const array: unknown[] = []
    if (mode === Prototype.Null || mode === Prototype.Given) setPrototypeOf(array, prototype)
    this.#nodes.add(array)
    graph.later(array, () => {
      if (mode >= Prototype.Given) this.#privateElements(array, null)
      this.#properties.readElements(array, length)
    })
    if (mode === Prototype.Later) this.#prototypeLater(array)
    return array
  }

  #builtin(): object {
    const graph = this.#graph
    const reducer = builtinReducers[this.#in.varint()]
    if (!reducer) throw damaged('a type is named that this cornichon does not know')
    const { mode, prototype } = this.#prototype()
    const object = reducer.create(graph) as object
    if (mode === Prototype.Null || mode === Prototype.Given) setPrototypeOf(object, prototype)
    this.#nodes.add(object)
    graph.later(object, () => {
      if (mode >= Prototype.Given) {
        const own = reducer.ownKeys && ownKeys(object)
        this.#privateElements(object, null)
        if (own) dropOthers(object, own)
      }
      reducer.readContent?.(object, graph)
      this.#properties.read(object, reducer.ownKeys?.(object), reducer.indexed)
    })
    if (mode === Prototype.Later) this.#prototypeLater(object)
    return object
  }

  /** The mirror of InstanceFacts.writePrivate. */
  #privateElements(object: object, constructed: unknown): void {
    const graph = this.#graph
    for (let left = this.#in.count(); left > 0; left--) {
      const owner = graph.value()
      if (owner !== constructed) this.#functions.stamp(owner, object)
      const count = this.#functions.privateFields(owner)
      for (let i = 0; i < count; i++) this.#functions.setPrivateField(owner, i, object, graph.value())
    }
  }
}

/** Fields without effects are there when private ones are: a type with own properties of its own has its before them. */
function dropOthers(object: object, own: readonly PropertyKey[]): void {
  const keys = ownKeys(object)
  if (keys.length === own.length) return
  for (const key of keys) if (!own.includes(key)) deleteProperty(object, key)
}

function makeArguments(length: number): object {
  return apply(
    function () {
      // biome-ignore lint/complexity/noArguments: an arguments object is what is wanted
      return arguments
    },
    undefined,
    new Array(length),
  )
}
