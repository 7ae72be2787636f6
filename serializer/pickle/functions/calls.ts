// What an arrow function sees of the call around it: its `this`, and its `arguments`, which the arrow functions of one
// call share.
import { Module } from 'node:module'
import {
  bindingIn,
  contextThisOf,
  isReferenceError,
  ProbeError,
  probeArguments,
  probeThis,
} from '../../capture/index.ts'
import type { FunctionRecord, SharedVariable } from '../../codegen/records.ts'
import { resolveName } from '../function-site.ts'
import type { GraphWriter } from '../graph-writer.ts'
import { analyzed, sourceOf } from '../source.ts'
import { type Use, variableOf } from '../variable-use.ts'
import { MODULE_VARIABLES } from './bindings.ts'
import type { LiveFunction } from './context.ts'

const { getOwnPropertyDescriptor } = Reflect
const isSame = Object.is
const MapConstructor = Map

export interface Call {
  readonly values: ArrayLike<unknown>
  readonly variable: SharedVariable & { readonly call: number }
  readonly scope: object | null
  written: boolean
  readonly outerThis: unknown
}

export class Calls {
  readonly #graph: GraphWriter
  /** By their `arguments` objects. */
  #calls: Map<object, Call> | null = null

  constructor(graph: GraphWriter) {
    this.#graph = graph
  }

  /**
   * The call whose `arguments` an arrow function sees; null if it can't ask for them. `outerThis` is the function's
   * `this`, if it uses that.
   */
  around(live: LiveFunction, outerThis: unknown = this.#outerThisOf(live)): Call | null {
    const { fn, facts, site } = live
    if (!facts.lexicalArguments && !facts.directEval) return null
    const found = resolveName(fn, facts, site, 'arguments')
    if (!found && !facts.lexicalArguments) return null
    const seen = (found?.value ??
      probed(this.#graph, () => probeArguments(fn, facts, site))) as ArrayLike<unknown>
    if (!facts.lexicalArguments && isModuleArguments(seen)) return null
    this.#calls ??= new MapConstructor()
    let call = this.#calls.get(seen)
    if (!call) {
      const variable = { name: 'arguments', depth: found?.depth ?? 0, call: this.#calls.size }
      const scope = found?.scope ?? null
      if (!usesThis(facts)) outerThis = outerThisOf(this.#graph, live)
      this.#calls.set(seen, (call = { values: seen, variable, scope, written: false, outerThis }))
    } else if (usesThis(facts) && !isSame(call.outerThis, outerThis)) {
      this.#graph.refuse(
        "V8 does not show the `this` of the call around it, a primitive value, to another of the call's arrow functions, which uses `arguments` alone",
        'Keep `this` or `arguments` in a variable outside the arrow functions',
      )
    }
    return call
  }

  #outerThisOf(live: LiveFunction): unknown {
    return usesThis(live.facts) ? outerThisOf(this.#graph, live) : undefined
  }

  write(call: Call): void {
    const graph = this.#graph
    graph.varint(call.variable.call)
    graph.byte(call.written ? 0 : 1)
    if (call.written) return
    call.written = true
    graph.step('slot', 'ThisValue')
    graph.value(call.outerThis)
    graph.varint(call.values.length)
    for (let i = 0; i < call.values.length; i++) {
      graph.step('slot', `arguments.${i}`)
      graph.value(call.values[i])
    }
  }

  /** In sloppy code with plain parameters, these and `arguments` follow each other (spec 10.4.4): a copy would not. */
  refuseMapped(records: readonly FunctionRecord[]): void {
    if (this.#calls === null) return
    for (const { values, scope } of this.#calls.values()) {
      const parameters = parametersOf(values)
      if (parameters.length === 0) continue
      for (const record of records) {
        const used = record.bindings.find(
          (binding) =>
            parameters.includes(binding.name) &&
            scope !== null &&
            binding.scope !== null &&
            bindingIn(binding.scope, 'arguments')?.value === values,
        )
        if (used) this.#refuseParameter(record, used.name)
      }
    }
  }

  /** The same of `arguments` objects that are part of the graph, where a function assigns the parameter. */
  refuseFollowing(objects: readonly object[], records: readonly FunctionRecord[]): void {
    for (const object of objects) {
      const parameters = parametersOf(object)
      if (parameters.length === 0) continue
      for (const record of records)
        for (const binding of record.bindings) {
          const index = binding.written ? parameters.lastIndexOf(binding.name) : -1
          if (index >= 0 && follows(object, index, { record, binding }))
            this.#refuseParameter(record, binding.name)
        }
    }
  }

  #refuseParameter(record: FunctionRecord, name: string): never {
    this.#graph.trace?.enter(record.fn)
    this.#graph.refuse(
      `\`${name}\` and the \`arguments\` that another function uses follow each other in sloppy code`,
      "Use the parameter or `arguments`, not both, or make the code strict ('use strict')",
    )
  }
}

/** Names of the function whose call has these `arguments`, if its code is sloppy. */
function parametersOf(values: object): readonly string[] {
  const callee: unknown = getOwnPropertyDescriptor(values, 'callee')?.value
  return typeof callee === 'function' ? (analyzed(sourceOf(callee))?.parameterNames ?? []) : []
}

/** Has the `arguments` object, there, what is written to the variable? */
function follows(values: object, index: number, use: Use): boolean {
  const variable = variableOf(use)
  if (variable?.kind !== 'mutable') return false
  const value = variable.get()
  const mark = {}
  variable.set(mark)
  try {
    return getOwnPropertyDescriptor(values, index)?.value === mark
  } finally {
    variable.set(value)
  }
}

/** Whether an arrow function could ask for the `this` around it. */
export function usesThis({ lexicalThis, directEval, superProperty }: LiveFunction['facts']): boolean {
  return lexicalThis || directEval || superProperty
}

export function outerThisOf(graph: GraphWriter, { fn, facts, site }: LiveFunction): unknown {
  // V8 tells `this` where the function's own code names it.
  const seen = facts.lexicalThis ? undefined : contextThisOf(fn)
  if (seen === undefined) return probed(graph, () => probeThis(fn, facts, site))
  if (seen.isMissing && usesThis(facts)) refuseMissing(graph)
  if (!seen.isKnown && (facts.directEval || facts.superProperty))
    graph.refuse(
      'the `this` that its direct eval or `super` sees is a primitive value that V8 does not show',
      'Keep what it needs in a variable outside',
    )
  return seen.value
}

function refuseMissing(graph: GraphWriter): never {
  graph.refuse(
    'its `this` is not there yet: the constructor around it has not called super()',
    'Pickle it when the object was constructed',
  )
}

function probed<T>(graph: GraphWriter, probe: () => T): T {
  try {
    return probe()
  } catch (error) {
    if (isReferenceError(error)) refuseMissing(graph)
    if (!(error instanceof ProbeError)) throw error
    graph.refuse(
      `what it sees of the function around it can't be read: ${error.message}`,
      'Keep what it needs in a variable outside',
    )
  }
}

/** Those of a CommonJS module's wrapper: a direct `eval` could see them, as its variables. */
function isModuleArguments(seen: ArrayLike<unknown>): boolean {
  return seen.length === MODULE_VARIABLES.length && seen[2] instanceof Module
}
