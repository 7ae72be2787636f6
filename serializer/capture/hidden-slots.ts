// What V8 keeps in a closure's contexts and tells no debugger: home objects (spec 10.2, [[HomeObject]]), and the
// `this` that only a direct eval in an arrow function could ask for. A heap snapshot shows both, and takes a tenth
// of a second and more: so this is the last resort, asked once for each function.

import { getHeapSnapshot } from 'node:v8'
import { Buffer } from '../globals.ts'
import { liveValue, objectIdOf, release } from './handover.ts'
import { post } from './session.ts'

interface SnapshotText {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: readonly string[]
      readonly node_types: readonly [readonly string[], ...unknown[]]
      readonly edge_fields: readonly string[]
      readonly edge_types: readonly [readonly string[], ...unknown[]]
    }
  }
  readonly nodes: readonly number[]
  readonly edges: readonly number[]
  readonly strings: readonly string[]
}

export interface ContextThis {
  readonly value: unknown
  /** False for a primitive value that the snapshot does not show. */
  readonly isKnown: boolean
  /** The constructor around has not called super() yet. */
  readonly isMissing?: true
}

interface Edge {
  readonly type: string
  /** Empty for an unnamed one. */
  readonly name: string
  readonly target: number
}

/** What stands in a slot that is not initialized. (Proxies are called a system's, too: the name alone says that it is none.) */
const NO_VALUE = 'system / Oddball'

const knownHomes = new WeakMap<object, readonly object[]>()
const knownThis = new WeakMap<object, ContextThis>()
/** V8 has one object for each of these, and not every version names them: they are known by where they stand here. */
const oddballs = ((undef: undefined, nul: null, yes: boolean, no: boolean) => () => [undef, nul, yes, no])(
  undefined,
  null,
  true,
  false,
)
const ODDBALLS: readonly (readonly [name: string, value: unknown])[] = [
  ['undef', undefined],
  ['nul', null],
  ['yes', true],
  ['no', false],
]
/** `this` where no function of the context uses it; and where it is a number or a string. */
const NO_THIS: ContextThis = { value: undefined, isKnown: true }
const UNKNOWN_THIS: ContextThis = { value: undefined, isKnown: false }
const MISSING_THIS: ContextThis = { value: undefined, isKnown: true, isMissing: true }
/** Good as long as no code of the user's runs: see forgetSnapshot. */
let current: Snapshot | undefined

/** Objects in unnamed slots of a function's contexts, innermost first; home objects are among them. */
export function homesOf(fn: object): readonly object[] {
  return asked(fn, knownHomes, (snapshot) => snapshot.homesOf(fn)) ?? []
}

/** The `this` in a function's contexts that an arrow function there would see. Undefined without a snapshot, and where it is not there yet. */
export function contextThisOf(fn: object): ContextThis | undefined {
  return asked(fn, knownThis, (snapshot) => snapshot.thisOf(fn))
}

function asked<T>(fn: object, known: WeakMap<object, T>, ask: (snapshot: Snapshot) => T): T | undefined {
  let answer = known.get(fn)
  if (answer !== undefined) return answer
  answer = inSnapshot(ask)
  if (answer !== undefined && answer !== MISSING_THIS) known.set(fn, answer)
  return answer
}

/**
 * Tells the contexts apart that have a function's variable of that name. Undefined where V8 does not tell: of a module's
 * variables, or without a snapshot.
 */
export function contextWith(fn: object, name: string): number | undefined {
  return inSnapshot((snapshot) => snapshot.contextWith(fn, name))
}

function inSnapshot<T>(ask: (snapshot: Snapshot) => T): T | undefined {
  try {
    current ??= new Snapshot()
    return ask(current)
  } catch {
    // Too large for a string, or not allowed: then nothing is known.
    return undefined
  } finally {
    release(true)
  }
}

/** Lets go of the snapshot, which is as large as the heap. */
export function forgetSnapshot(): void {
  current = undefined
}

class Snapshot {
  readonly #text: SnapshotText
  readonly #width: number
  readonly #id: number
  readonly #name: number
  /** By node, where its edges begin. */
  readonly #edgeStarts: Uint32Array
  readonly #objects = new Map<number, readonly object[]>()

  constructor() {
    this.#text = takeSnapshot()
    const { node_fields } = this.#text.snapshot.meta
    const { nodes } = this.#text
    this.#width = node_fields.length
    this.#id = node_fields.indexOf('id')
    this.#name = node_fields.indexOf('name')
    const count = node_fields.indexOf('edge_count')
    this.#edgeStarts = new Uint32Array(nodes.length / this.#width + 1)
    for (let node = 0; node < nodes.length; node += this.#width) {
      const index = node / this.#width
      this.#edgeStarts[index + 1] = this.#edgeStarts[index] + nodes[node + count]
    }
  }

  homesOf(fn: object): object[] {
    const homes: object[] = []
    for (const context of this.#contexts(fn))
      for (const { type, target } of this.#edges(context))
        if (type === 'hidden') homes.push(...this.#object(target))
    return homes
  }

  /** The innermost one counts, whatever it is: further out is the `this` of other functions. */
  thisOf(fn: object): ContextThis | undefined {
    for (const context of this.#contexts(fn)) {
      const slot = this.#target(context, 'context', 'this')
      if (slot !== undefined) return this.#thisIn(slot)
      const info = this.#target(context, 'internal', 'scope_info')
      if (info === undefined) continue
      // A small integer is in its slot itself: then only the name tells of the slot.
      if (this.#hasName(info, 'this')) return UNKNOWN_THIS
      // The function that was called: had anybody used its `this`, that would be here.
      if (this.#hasName(info, 'arguments')) return NO_THIS
    }
    return NO_THIS
  }

  #thisIn(slot: number): ContextThis {
    const [found] = this.#object(slot)
    if (found !== undefined) return { value: found, isKnown: true }
    const [context] = this.#contexts(oddballs)
    for (const [name, value] of ODDBALLS)
      if (this.#target(context, 'context', name) === slot) return { value, isKnown: true }
    const { nodes, snapshot } = this.#text
    const types = snapshot.meta.node_types[0]
    return types[nodes[slot + snapshot.meta.node_fields.indexOf('type')]] === 'hidden'
      ? MISSING_THIS
      : UNKNOWN_THIS
  }

  contextWith(fn: object, name: string): number | undefined {
    for (const context of this.#contexts(fn)) {
      // It holds the names of the variables.
      const info = this.#target(context, 'internal', 'scope_info')
      if (info !== undefined && this.#hasName(info, name)) return context
    }
    return undefined
  }

  #hasName(info: number, wanted: string): boolean {
    const { nodes, strings } = this.#text
    for (const { type, target } of this.#edges(info))
      if (type === 'hidden' && strings[nodes[target + this.#name]] === wanted) return true
    return false
  }

  /** Innermost first. */
  *#contexts(fn: object): Generator<number> {
    const id = Number(
      post('HeapProfiler.getHeapObjectId', { objectId: objectIdOf(fn) }).heapSnapshotObjectId as string,
    )
    let context = this.#target(this.#nodeOf(id), 'internal', 'context')
    while (context !== undefined) {
      yield context
      context = this.#target(context, 'internal', 'previous')
    }
  }

  #nodeOf(id: number): number {
    const { nodes } = this.#text
    for (let node = 0; node < nodes.length; node += this.#width)
      if (nodes[node + this.#id] === id) return node
    throw new RangeError('the snapshot lacks the function')
  }

  #target(node: number, type: string, name: string): number | undefined {
    for (const edge of this.#edges(node)) if (edge.type === type && edge.name === name) return edge.target
    return undefined
  }

  *#edges(node: number): Generator<Edge> {
    const { edges, strings } = this.#text
    const { edge_fields, edge_types } = this.#text.snapshot.meta
    const index = node / this.#width
    for (let i = this.#edgeStarts[index]; i < this.#edgeStarts[index + 1]; i++) {
      const at = i * edge_fields.length
      const type = edge_types[0][edges[at]]
      const name = type === 'hidden' || type === 'element' ? '' : strings[edges[at + 1]]
      yield { type, name, target: edges[at + 2] }
    }
  }

  /** The live object of a node, in a list; none for what is no JavaScript object. V8 looks for it in the whole heap. */
  #object(node: number): readonly object[] {
    const { nodes, strings } = this.#text
    if (strings[nodes[node + this.#name]] === NO_VALUE) return []
    let found = this.#objects.get(node)
    if (!found) this.#objects.set(node, (found = this.#find(String(nodes[node + this.#id]))))
    return found
  }

  #find(objectId: string): object[] {
    try {
      const { result } = post('HeapProfiler.getObjectByHeapObjectId', { objectId })
      const value = liveValue(result.objectId)
      return (typeof value === 'object' && value !== null) || typeof value === 'function' ? [value] : []
    } catch {
      return []
    }
  }
}

/** The stream has everything at once: no need to wait. */
function takeSnapshot(): SnapshotText {
  const stream = getHeapSnapshot()
  const chunks: Buffer[] = []
  for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString())
}
