// Live access to a closure's variables, and to what V8's scopes do not show: `this`, `arguments`, dead zones.
import { type CapturedFunction, captureFunction } from './functions.ts'
import { probe } from './probe.ts'
import type { ProbeFacts } from './probe-entry.ts'
import { readingRunsCode } from './probe-scopes.ts'

export interface Variable {
  /** 'const': writing throws (imports too). 'dead': not initialized, reading throws. */
  readonly kind: 'mutable' | 'const' | 'dead'
  get(): unknown
  set(value: unknown): void
}

const known = new WeakMap<object, Map<string, Variable>>()

/**
 * Live accessors of variables by name; a name that nothing declares is absent. Kept ones cost microseconds the next time.
 *
 * Not to be kept for thousands of functions: V8 has an entry in one hash table for each scope that a condition was
 * evaluated in, as long as something lives there (LocalsBlockListCache); all have one hash value, and at a collection that
 * frees some it rehashes the table, in time that grows with the cube of those that stay: 13 s for 4,000.
 */
export function probeVariables(
  fn: object,
  facts: ProbeFacts,
  names: readonly string[],
  keep = true,
): Map<string, Variable> {
  const variables = known.get(fn) ?? new Map<string, Variable>()
  if (keep) known.set(fn, variables)
  const missing = names.filter(
    (name) => variables.get(name)?.kind !== 'mutable' && variables.get(name)?.kind !== 'const',
  )
  if (missing.length > 0) ask(fn, facts, missing, variables)
  const found = new Map<string, Variable>()
  for (const name of names) {
    const variable = variables.get(name)
    if (variable) found.set(name, variable)
  }
  return found
}

interface Accessors {
  readonly type: () => string
  readonly isUndefined: () => boolean
  readonly get: () => unknown
  readonly set: (value: unknown) => void
}

function ask(
  fn: object,
  facts: ProbeFacts,
  names: readonly string[],
  variables: Map<string, Variable>,
): void {
  const captured = captureFunction(fn)
  const asked = names.filter((name) => !readingRunsCode(captured.scopes, name))
  const accessors = asked.map((name) => {
    const parameter = `$${name}`
    return `{ type: () => typeof ${name}, isUndefined: () => ${name} === void 0, get: () => ${name}, set: ${parameter} => { ${name} = ${parameter} } }`
  })
  // Told apart within the probe: a debugger that pauses at every exception does not see these.
  const take = (list: unknown) => {
    for (let i = 0; i < asked.length; i++) {
      const accessors = (list as Accessors[])[i]
      const kind = kindOf(accessors)
      const { get, set } = accessors
      if (kind !== 'undeclared') variables.set(asked[i], { kind, get, set })
    }
  }
  probe(fn, facts, `[${accessors.join(', ')}]`, take, captured)
}

/** Told by writing a mark, and taking it back at once: writing a constant throws, writing an import does nothing. */
function kindOf({ type, isUndefined, get, set }: Accessors): Variable['kind'] | 'undeclared' {
  let value: unknown
  let typeName: string
  try {
    // `typeof` throws in the dead zone, and does not for what nothing declares.
    typeName = type()
  } catch {
    return 'dead'
  }
  try {
    // In the dead zone of an exported variable Node 20 reads a value of V8's own, which is no value of JavaScript: of the
    // type 'undefined', and not undefined.
    if (!isUndefined() && typeName === 'undefined') return 'dead'
    value = get()
  } catch {
    return 'undeclared'
  }
  const mark = {}
  try {
    set(mark)
    if (get() !== mark) return 'const'
    set(value)
    return 'mutable'
  } catch {
    return 'const'
  }
}

/** The `this` that the function's body would see; for an arrow function, that of the function around it. */
export function probeThis(fn: object, facts: ProbeFacts, captured?: CapturedFunction): unknown {
  return probe(fn, facts, 'this', undefined, captured)
}

/** The `arguments` that an arrow function sees. */
export function probeArguments(
  fn: object,
  facts: ProbeFacts,
  captured?: CapturedFunction,
): ArrayLike<unknown> {
  return probe(fn, facts, 'arguments', undefined, captured) as ArrayLike<unknown>
}
