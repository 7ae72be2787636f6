// What makes a class the same class in a process that has it already: its text, what it extends and the values it
// was made with. Fixed when the class is first pickled, so that state which changes later makes no new class of it.
import { type Defining, DefinitionDigest, type Definitions } from './definition-digest.ts'

const identities = new WeakMap<object, string>()

/** A class, as far as its identity depends on it. */
export interface ClassDefinition {
  readonly fn: object
  /** The variables that it was made with, and in the place of computed keys what they were. */
  readonly variables: readonly Defining[]
  readonly keys: readonly PropertyKey[]
  /** The class around it whose private names it uses. */
  readonly outerNames: object | null
  readonly definitions: Definitions
}

export function classIdentity({ fn, variables, keys, outerNames, definitions }: ClassDefinition): string {
  let identity = identities.get(fn)
  if (identity === undefined) {
    const digest = new DefinitionDigest(definitions)
    digest.root(fn, { variables, outerThis: null, outerArguments: null })
    for (const key of keys) digest.value(key)
    digest.value(outerNames)
    identity = digest.end()
    identities.set(fn, identity)
  }
  return identity
}

/** A class that was loaded keeps the identity it came with, and the number behind it: so that it comes home as the class it was. */
export function adoptIdentity(fn: object, identity: string): void {
  identities.set(fn, identity)
}
