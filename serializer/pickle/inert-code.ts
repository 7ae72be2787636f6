// Stands in for a bundle's code when its graph is read only to be shown: functions and classes become inert
// objects that remember what they would have captured. Nothing of the bundle is compiled or run.

import { UnpicklingError } from '../errors.ts'
import type { FunctionEntry } from './code-sections.ts'
import type { CodeSource, MadeClass, MadeFunction } from './function-reader.ts'

/** What a function would see: by binding, in the order of its template. */
export interface InertFunction {
  readonly entry: FunctionEntry
  readonly captured: Map<string, unknown>
}

export class InertCode implements CodeSource {
  readonly made = new Map<object, InertFunction>()
  /** What stands in for references, with their descriptions. */
  readonly references = new Map<object, string>()
  /** How many private fields each instance has. */
  readonly privateState = new Map<object, number>()
  /** What is referred to may turn out to be a symbol, where a key is wanted. */
  readonly #symbols = new Map<unknown, symbol>()
  readonly #functions: readonly FunctionEntry[]
  readonly #variables: unknown[][]

  constructor(functions: readonly FunctionEntry[], environments: number) {
    this.#functions = functions
    this.#variables = Array.from({ length: environments }, () => [])
  }

  /** A function, as what is referred to may be bound, extended or a getter. */
  reference(description: string): object {
    const value = inert()
    this.references.set(value, description)
    return value
  }

  symbolBehind(standIn: unknown): symbol | undefined {
    const description = this.references.get(standIn as object)
    if (description === undefined) return undefined
    let symbol = this.#symbols.get(standIn)
    if (!symbol) this.#symbols.set(standIn, (symbol = Symbol(description)))
    return symbol
  }

  function(index: number) {
    return this.#make(index)
  }

  literal(index: number) {
    const { value, made } = this.#make(index)
    return { value, made, parts: made.entry.members.map(() => inert()) }
  }

  class(index: number): MadeClass {
    const { value, made } = this.#make(index)
    const { prototype } = value as { prototype: object }
    return { ...made, value, prototype, members: made.entry.members.map(() => inert()) }
  }

  setShared(environment: number, slot: number, value: unknown): void {
    this.#variables[environment][slot] = value
  }

  setCall(): void {}

  construct(_owner: unknown, prototype: object | null): object {
    return Object.create(prototype) as object
  }
  stamp(): void {}

  privateFields(owner: unknown): number {
    const entry = this.made.get(owner as object)?.entry
    if (!entry)
      throw new UnpicklingError('the bundle is damaged: private fields belong to something that is no class')
    return entry.instanceFields
  }

  setPrivateField(_owner: unknown, _index: number, object: object): void {
    this.privateState.set(object, (this.privateState.get(object) ?? 0) + 1)
  }
  setStaticField(): void {}

  staticField(): undefined {}

  proxy(target: object): object {
    return target
  }

  /** Fills in the shared variables, which are known when the whole graph was read. */
  finish(): void {
    for (const { entry, captured } of this.made.values()) {
      for (const binding of entry.bindings) {
        if (binding.kind === 'shared')
          captured.set(binding.name, this.#variables[entry.environments[binding.environment]][binding.slot])
      }
    }
  }

  #make(index: number): { value: object; made: MadeFunction } {
    const entry = this.#functions[index]
    if (!entry)
      throw new UnpicklingError('the bundle is damaged: the graph names a function that is not there')
    const value = inert()
    const captured = new Map<string, unknown>()
    this.made.set(value, { entry, captured })
    const note = (kind: 'value' | 'const', values: readonly unknown[]) => {
      for (const binding of entry.bindings)
        if (binding.kind === kind) captured.set(binding.name, values[binding.slot])
    }
    const generator = {
      next(constants?: readonly unknown[]) {
        note('const', constants ?? [])
        return { done: true as const, value: undefined }
      },
    }
    return {
      value,
      made: {
        entry,
        setter: (values) => note('value', values),
        generator: generator as unknown as Iterator<unknown>,
        existing: false,
      },
    }
  }
}

/** A function, so that what holds it is read as usual; it does nothing. */
function inert(): object {
  return function () {}
}
