// The sender's own class, met again in its own process: it was never rebuilt, so it has no hook to put private state
// back with. Its methods see the private names, and a probe into one of them gives accessors; objects get the private fields by
// a construction that runs nothing of the user's, where the class's text allows one.
import type { ClassElement, FunctionFacts } from '../analyze/index.ts'
import { captureFunction, probe } from '../capture/index.ts'
import type { ClassHook } from '../codegen/instantiate.ts'
import { privateFields } from '../codegen/records.ts'
import { UnpicklingError } from '../errors.ts'
import { anyArguments } from './any-arguments.ts'
import type { KnownClass } from './class-registry.ts'
import { bare } from './private-readers.ts'
import { analyzed, sourceOf } from './source.ts'

const { construct, deleteProperty, getOwnPropertyDescriptor, getPrototypeOf, setPrototypeOf } = Reflect
const hooks = new WeakMap<object, ClassHook>()

/** Accessors of the class's private fields. Throws UnpicklingError if no method tells them. */
export function ownClassHook(entry: KnownClass): ClassHook {
  let hook = hooks.get(entry.value)
  if (!hook) {
    const facts = factsOf(entry)
    const accessorsOf = (isStatic: boolean) =>
      privateFields({ facts }, isStatic).map((name) => accessors(entry, name))
    hook = { r: false, p: accessorsOf(false), q: accessorsOf(true), c: [] }
    hooks.set(entry.value, hook)
  }
  return hook
}

/** An object with the private fields of a base class, whose constructor does not run. */
export function constructOwnBase(entry: KnownClass, prototype: object | null): object {
  let make = makers.get(entry.value)
  if (!make) makers.set(entry.value, (make = makerOf(entry)))
  const instance = make(prototype)
  if (getPrototypeOf(instance) !== prototype) setPrototypeOf(instance, prototype)
  return instance
}

/** Makes an instance, with the prototype that is wanted if that is simple. */
type Maker = (prototype: object | null) => object

const makers = new WeakMap<object, Maker>()

function makerOf(entry: KnownClass): Maker {
  const facts = factsOf(entry)
  const target = checked(facts, entry)
  const constructor = constructorOf(facts)
  if (!constructor) return () => construct(target, []) as object
  const probed = () => stoppedAtBirth(entry, facts)
  if (!stopsAtAssignment(facts, constructor)) return probed
  const catching = makeCatching()
  const stock: Stock = { instances: [], next: 1 }
  return (prototype) =>
    (prototype === target.prototype ? stoppedTogether(target, constructor.assignsFirst!, stock) : null) ??
    stoppedAtAssignment(target, catching, 1)[0] ??
    probed()
}

/**
 * An instance like those of `new`. What would be given its prototype only later has, where it has private fields, a hidden class of its
 * own: whatever is done with it is slow. So the class's own prototype inherits from the catcher, for as long as it takes to
 * make some: many at a time, as V8 throws code away that knew what it inherits from. Null if that is not possible.
 */
function stoppedTogether(target: () => object, assignsFirst: string, stock: Stock): object | null {
  const { instances, next } = stock
  if (instances.length === 0) {
    const prototype = target.prototype as object
    const parent = getPrototypeOf(prototype)
    if (getOwnPropertyDescriptor(prototype, assignsFirst) || !setPrototypeOf(prototype, catcher)) return null
    try {
      while (instances.length < next) {
        const made = stoppedAtAssignment(target, target, next - instances.length)
        if (made.length === 0) return null
        for (let i = 0; i < made.length; i++) instances.push(made[i])
      }
    } finally {
      setPrototypeOf(prototype, parent)
    }
    stock.next = Math.min(next * 2, LARGEST_STOCK)
  }
  return instances.pop()!
}

/** Does it begin with an assignment to a property that the object has not got yet, so that prototypes are asked? */
function stopsAtAssignment({ classFacts }: FunctionFacts, { assignsFirst }: ClassElement): boolean {
  if (assignsFirst === null) return false
  const fields = classFacts!.elements.filter(({ kind, isStatic }) => kind === 'field' && !isStatic)
  return fields.every(
    ({ key }) => key?.kind === 'private' || (key?.kind === 'static' && key.name !== assignsFirst),
  )
}

/** Thrown out of a constructor, which stops it. */
const STOP = Symbol('stop')
/**
 * To throw takes a microsecond, however many constructors it stops: so each that is to be stopped begins the next one, up to
 * so many.
 */
const MOST_AT_ONCE = 32
/** Those that were stopped; of what, and how many there are to be. */
let assigned: object[] = []
let wanted = 1
let begun: () => object = Object
let asNew: () => object = Object
const catcher = new Proxy(
  {},
  {
    set(_, __, ___, receiver: object) {
      if (assigned.push(receiver) < wanted) construct(begun, anyArguments, asNew)
      throw STOP
    },
  },
)

/**
 * A `new.target` whose instances inherit from that. It is a derived class, and for one class alone: of any other function, V8 would begin
 * each instance with a new hidden class.
 */
function makeCatching(): () => object {
  class Catching extends Object {}
  deleteProperty(Catching.prototype, 'constructor')
  setPrototypeOf(Catching.prototype, catcher)
  return Catching as unknown as () => object
}

/**
 * So many instances, or fewer, whose constructors were stopped by what they inherited, where they assigned the first property. None
 * if they were not.
 */
function stoppedAtAssignment(target: () => object, catching: () => object, count: number): object[] {
  assigned = []
  wanted = Math.min(count, MOST_AT_ONCE)
  begun = target
  asNew = catching
  try {
    construct(target, anyArguments, catching)
  } catch {
    // The stack may have been too small for all.
  }
  const instances = assigned
  assigned = []
  wanted = 1
  begun = asNew = Object
  return instances
}

interface Stock {
  readonly instances: object[]
  /** How many are made the next time. */
  next: number
}

/** Instances that nobody has got yet. */
const stocks = new WeakMap<object, Stock>()
const LARGEST_STOCK = 512

/** An instance whose constructor was stopped where it begins. Setting the breakpoint takes longest: so many at a time. */
function stoppedAtBirth(entry: KnownClass, facts: FunctionFacts): object {
  let stock = stocks.get(entry.value)
  if (!stock) stocks.set(entry.value, (stock = { instances: [], next: 1 }))
  const { instances, next } = stock
  if (instances.length === 0) {
    const keep = (instance: unknown) => instances.push(instance as object)
    checked(facts, entry)
    probe(entry.value, facts, 'this', keep, captureFunction(entry.value), next, true)
    stock.next = Math.min(next * 2, LARGEST_STOCK)
  }
  return instances.pop()!
}

/** Gives the object the private fields of a derived class. */
export function stampOwn(entry: KnownClass, object: object): void {
  const facts = factsOf(entry)
  const target = checked(facts, entry)
  const prototype = getPrototypeOf(object)
  const parent = getPrototypeOf(target)
  const stops = constructorOf(facts) !== undefined && stopsAfterSuper(entry, facts, object)
  if (stops) setPrototypeOf(object, catcher)
  setPrototypeOf(target, function () {
    return object
  })
  try {
    construct(target, anyArguments)
  } catch (error) {
    if (error !== STOP) throw error
  } finally {
    assigned = []
    setPrototypeOf(target, parent)
    if (stops) setPrototypeOf(object, prototype)
  }
}

/** Is the constructor stopped where it assigns a property? If not, it runs to its end; refused if that has an effect. */
function stopsAfterSuper(entry: KnownClass, facts: FunctionFacts, object: object): boolean {
  const after = constructorOf(facts)!.afterSuper
  if (!after) refuse(entry, 'its constructor would run, to call super()')
  const fields = facts.classFacts!.elements.filter(({ kind, isStatic }) => kind === 'field' && !isStatic)
  const hasComputed = fields.some(({ key }) => key?.kind !== 'private' && key?.kind !== 'static')
  const privates = privateFields({ facts }, false).map(bare)
  const isField = (name: string) =>
    name.startsWith('#')
      ? privates.includes(bare(name)) // An accessor would run, a method can't be assigned.
      : fields.some(({ key }) => key?.kind === 'static' && key.name === name)
  const first = after.assigns.find((name) => !isField(name))
  if (first === undefined && after.ends) return false
  const isNew = first !== undefined && !first.startsWith('#') && !getOwnPropertyDescriptor(object, first)
  if (isNew && !hasComputed) return true
  refuse(entry, 'its constructor would run, to call super()')
}

function accessors(entry: KnownClass, name: string): ClassHook['p'][number] {
  for (const member of entry.members) {
    const facts = analyzed(sourceOf(member))
    if (!facts?.privateNames.includes(name)) continue
    try {
      return probe(
        member,
        facts,
        `[$object => $object.#${name}, ($object, $value) => { $object.#${name} = $value }]`,
      ) as ClassHook['p'][number]
    } catch {
      // Another method may be asked.
    }
  }
  refuse(entry, `none of its methods can be asked for #${name}`)
}

function factsOf(entry: KnownClass): FunctionFacts {
  return analyzed(sourceOf(entry.value)) ?? refuse(entry, 'its text does not parse')
}

function constructorOf({ classFacts }: FunctionFacts): ClassElement | undefined {
  return classFacts?.elements.find(({ kind }) => kind === 'constructor')
}

const VARIABLE = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u
const EMPTY_COLLECTION = /^\(*\s*new\s+(Map|Set|WeakMap|WeakSet|Array|Date)\s*(?:\(\s*\))?\s*\)*$/

/** The class, if initializing its instance fields runs nothing that has an effect. */
function checked(facts: FunctionFacts, entry: KnownClass): () => object {
  const text = sourceOf(entry.value)
  for (const { kind, isStatic, initializer, pure } of facts.classFacts?.elements ?? []) {
    if (kind !== 'field' || isStatic || pure || !initializer) continue
    const source = text.slice(initializer.start, initializer.end)
    if (VARIABLE.test(source) && isVariable(entry.value, source)) continue
    const made = EMPTY_COLLECTION.exec(source)?.[1]
    if (!made || isShadowed(entry.value, made))
      refuse(entry, `the initializers of its fields would run: ${source}`)
  }
  return entry.value as () => object
}

/** To read it runs nothing: it is no property of the global object or of a `with` statement's, which may have a getter. */
function isVariable(fn: object, name: string): boolean {
  return captureFunction(fn).scopes.every(({ type }) => type !== 'With') && isShadowed(fn, name)
}

function isShadowed(fn: object, name: string): boolean {
  const { scopes } = captureFunction(fn)
  return scopes.some(
    ({ type, object }) => type !== 'Global' && getOwnPropertyDescriptor(object, name) !== undefined,
  )
}

function refuse(entry: KnownClass, reason: string): never {
  const name = String(getOwnPropertyDescriptor(entry.value, 'name')?.value || 'a class without a name')
  throw new UnpicklingError(
    `an instance of ${name} has private fields, ${name} is this process's own class, and the fields can't be put back: ${reason}. ` +
      'Load it in another process, or give the class a reducer',
  )
}
