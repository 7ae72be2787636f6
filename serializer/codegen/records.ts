// The records between capture and code: what is known of each live function, with nothing of how it is written.
import type { FunctionFacts, KeyFacts } from '../analyze/facts.ts'

export type BindingKind =
  /** An ordinary variable, copied or shared. */
  | 'value'
  /** Immutable, and written by the function: writing must throw as it did. */
  | 'const'
  /** In its temporal dead zone (spec: an uninitialized binding): reading must throw. */
  | 'dead'

export interface BindingRecord {
  readonly name: string
  kind: BindingKind
  readonly value: unknown
  /** A module's namespace of which only these members are used; else null. */
  readonly members: readonly string[] | null
  /** The function's own code may assign it. */
  readonly written: boolean
  /** The snapshot of the scope that has it. */
  readonly scope: object | null
  /** How many scopes enclose the binding's: 0 for the outermost, -1 for a property of the global object. */
  readonly depth: number
  /** A shared variable that this function may not write, for it was an import: its direct `eval` throws. */
  isConstantView?: true
  /** It is no variable but an accessor of the global object; the value is an object that has it. */
  readonly ofGlobalAccessor?: true
  /** The variable that other functions of the bundle use too, once sharing is known. */
  variable: SharedVariable | null
}

/** One variable that several functions of the bundle use and at least one of them writes. */
export interface SharedVariable {
  readonly name: string
  readonly depth: number
  /** For the `arguments` of a call, which several arrow functions see: the number of that call in the bundle. */
  readonly call?: number
}

/**
 * Imports that a function assigns, which throws, and that follow a variable which other functions assign: in its text the
 * assignments are to members of an object.
 */
export interface AssignedImports {
  /** The object's name. */
  readonly name: string
  readonly members: Map<string, SharedVariable>
}

/** A method, getter or setter that is cut out of the class or object literal it is rebuilt in. */
export interface MemberRecord {
  readonly isStatic: boolean
  /** A string key, or the index of a computed key (see FunctionRecord.computedKeys). */
  readonly key: string | number
  readonly slot: 'value' | 'get' | 'set'
  readonly fn: object
}

/** One method of an object literal that is rebuilt whole, because its methods use `super`. */
export interface LiteralPart {
  readonly text: string
  readonly facts: FunctionFacts
  readonly key: string
  readonly slot: 'value' | 'get' | 'set'
  readonly fn: object
}

export interface FunctionRecord {
  readonly index: number
  /** The live function; for an object literal its first method. */
  readonly fn: object
  readonly text: string
  readonly facts: FunctionFacts
  readonly strict: boolean
  /** The `name` that the code gives by itself. */
  readonly name: string
  readonly bindings: BindingRecord[]
  /** Whether the function's own template provides `this`. */
  readonly lexical: 'none' | 'this'
  /** The `arguments` (and the `this` of that call) that an environment around the function provides. */
  readonly outerArguments: SharedVariable | null
  /** It assigns its own name, so it is rebuilt as a declaration whose name is the outer binding. */
  readonly asDeclaration: boolean
  /** The class whose private names it uses, and that it must be rebuilt within. */
  readonly privateHome: FunctionRecord | null
  /** Classes: how each element is treated, by index into facts.classFacts.elements. */
  readonly elementKeys: ReadonlyMap<number, number>
  readonly removedElements: ReadonlySet<number>
  readonly members: readonly MemberRecord[]
  /** Object literals with super: their methods. */
  readonly literal: readonly LiteralPart[] | null
  /** It uses `super` and is not rebuilt within its home object. */
  readonly awayFromHome: boolean
  readonly assignedImports: AssignedImports | null
  /** The folder or file URL that relative imports are resolved from, where the code asks. */
  origin: string | null
}

/** Of all functions that are no classes: there may be many. */
export const NO_ELEMENTS: Pick<FunctionRecord, 'elementKeys' | 'removedElements' | 'members'> = {
  elementKeys: new Map(),
  removedElements: new Set(),
  members: [],
}

/** The private fields of a class, by the order of its elements. */
export function privateFields(record: { readonly facts: FunctionFacts }, isStatic: boolean): string[] {
  const names: string[] = []
  for (const element of record.facts.classFacts?.elements ?? []) {
    if (element.kind === 'field' && element.isStatic === isStatic && element.key?.kind === 'private')
      names.push(element.key.name)
  }
  return names
}

/** Whether instances carry private fields or the brand of private methods. */
export function stampsInstances(facts: FunctionFacts): boolean {
  return (
    facts.classFacts?.elements.some((element) => !element.isStatic && element.key?.kind === 'private') ??
    false
  )
}

export function staticKey(key: KeyFacts | null): string | null {
  if (key?.kind === 'static') return key.name
  if (key?.kind === 'computed') return key.constant
  return null
}
