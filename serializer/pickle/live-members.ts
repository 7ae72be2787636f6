// Members of module namespaces that are no plain values: those that follow a variable which a function of the bundle
// assigns, and those that are not initialized yet. The namespace's copy has getters for them. (ECMAScript 10.4.6.8: a
// module namespace's [[Get]] reads the binding itself.)
import { types } from 'node:util'
import { runInThisContext } from 'node:vm'
import type { FunctionRecord } from '../codegen/records.ts'
import { type Use, variableOf } from './variable-use.ts'

const { getOwnPropertyDescriptor } = Reflect

export type Member =
  | { readonly kind: 'value'; readonly value: unknown }
  /** Reading it throws: its variable is in the dead zone, or its getter fails. */
  | { readonly kind: 'getter'; readonly getter: () => unknown }

export function readMember(namespace: object, name: string): Member {
  try {
    return { kind: 'value', value: (namespace as Record<string, unknown>)[name] }
  } catch {
    return { kind: 'getter', getter: ownGetter(namespace, name) ?? deadReader(name) }
  }
}

/** What bundlers and test runners put in a namespace's place has getters of its own. */
function ownGetter(namespace: object, name: string): (() => unknown) | undefined {
  return types.isModuleNamespaceObject(namespace) ? undefined : getOwnPropertyDescriptor(namespace, name)?.get
}

/** Its variable stays in the dead zone for good, and is pickled as any. */
function deadReader(name: string): () => unknown {
  const variable = /^(?!default$)[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ? name : '_default'
  try {
    return inDeadZone(variable)
  } catch {
    // A name that only property keys may have.
    return inDeadZone(`_${variable}`)
  }
}

function inDeadZone(variable: string): () => unknown {
  return runInThisContext(`(() => { return () => ${variable}; let ${variable} })()`) as () => unknown
}

/** Finds getters for members of namespaces, among the variables that the functions known so far write. */
export class LiveMembers {
  readonly #written = new Map<unknown, Use[]>()

  constructor(records: readonly FunctionRecord[]) {
    for (const record of records) {
      for (const binding of record?.bindings ?? []) {
        // A property of the global object is no module's export.
        if (!binding.written || binding.kind !== 'value' || binding.depth < 0) continue
        const uses = this.#written.get(binding.value)
        if (uses) uses.push({ record, binding })
        else this.#written.set(binding.value, [{ record, binding }])
      }
    }
  }

  /** A function that reads the member's variable, if it is one that is written. */
  getterOf(namespace: object, name: string): (() => unknown) | undefined {
    const member = readMember(namespace, name)
    if (member.kind === 'getter') return undefined
    for (const use of this.#written.get(member.value) ?? []) {
      const variable = variableOf(use)
      if (variable?.kind !== 'mutable') continue
      const mark = {}
      variable.set(mark)
      try {
        if ((namespace as Record<string, unknown>)[name] !== mark) continue
      } finally {
        variable.set(use.binding.value)
      }
      return ownGetter(namespace, name) ?? variable.get
    }
    return undefined
  }
}
