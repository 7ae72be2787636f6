// Functions and classes of the graph: each is captured once into a record, and the values that it needs are written.
// This file decides what kind of function it is; the folder functions/ has a file for each kind.
import type { FunctionRecord } from '../codegen/records.ts'
import { homeOfSuper } from '../codegen/super.ts'
import { isOwnUrl, packageNameOf, rememberReference } from '../references/index.ts'
import type { ClassIdentities } from './class-identity.ts'
import { type FunctionSite, locationOf } from './function-site.ts'
import { noteImports } from './functions/bindings.ts'
import { Calls } from './functions/calls.ts'
import { writeClass } from './functions/classes.ts'
import { FunctionContext, type LiveFunction } from './functions/context.ts'
import { FunctionDefinitions } from './functions/definitions.ts'
import { homeOf, writeAfterHome, writeSuper } from './functions/home.ts'
import { superPartsOf, writeLiteral } from './functions/literals.ts'
import { isFreeOfNode, writeNative, writeNodeInternal } from './functions/native.ts'
import { writePlain } from './functions/plain.ts'
import { FunctionReferences } from './functions/references.ts'
import { writeSpecial } from './functions/special.ts'
import type { GraphWriter } from './graph-writer.ts'
import { holds } from './homes.ts'
import { Op } from './opcodes.ts'
import { analyzed, isNativeText, sourceOf } from './source.ts'

export class FunctionWriter {
  readonly #graph: GraphWriter
  readonly #context: FunctionContext
  readonly #references: FunctionReferences
  readonly #calls: Calls
  readonly #identities: ClassIdentities
  #definitions: FunctionDefinitions | null = null

  constructor(graph: GraphWriter, identities: ClassIdentities) {
    this.#graph = graph
    this.#identities = identities
    this.#context = new FunctionContext(graph)
    this.#references = new FunctionReferences(this.#context)
    this.#calls = new Calls(graph)
  }

  get records(): FunctionRecord[] {
    return this.#context.records
  }

  /** When all functions are known: takes the places out that none of a module's functions asks for. */
  settleOrigins(): void {
    const { origins, records } = this.#context
    for (const record of records) if (record) record.origin = origins.settled(record.origin)
  }

  /** When all functions are known: refuses what a copy of `arguments` could not do. */
  refuseMappedArguments(): void {
    this.#calls.refuseMapped(this.records)
    this.#calls.refuseFollowing(this.#context.argumentsObjects, this.records)
  }

  has(fn: object): boolean {
    return this.#context.recordOf(fn) !== undefined
  }

  isByReference(fn: object): boolean {
    return this.#references.of(fn) !== null
  }

  /** What its user can do about a class that is to be had by reference only, and whose instances keep state from others. */
  adviceOn(fn: object, name: string): string {
    const reference = this.#references.of(fn)
    const value =
      reference?.kind === 'package' ? `byValue: ['${packageNameOf(reference.specifier)}']` : 'byValue'
    return `Register a reducer for ${name}, or pickle its package by value (${value}, or registerPickleByValue)`
  }

  site(fn: object): FunctionSite {
    return this.#context.siteOf(fn)
  }

  /** Captures the functions of a list together, from a place on; returns up to where. */
  ahead(list: readonly unknown[], from: number): number {
    return this.#context.prepareList(list, from)
  }

  /** Writes a function that is no intrinsic and no export of a built-in module. */
  write(fn: object): void {
    const graph: GraphWriter = this.#graph
    const context: FunctionContext = this.#context
    const text = sourceOf(fn)
    if (isNativeText(text)) return writeNative(context, fn)
    const superHome = homeOfSuper(fn)
    if (superHome) return writeSuper(context, fn, superHome)
    const site = context.siteOf(fn)
    graph.trace?.locate(fn, locationOf(site))
    const reference = this.#references.of(fn)
    if (reference) {
      rememberReference(reference, fn)
      return graph.reference(fn, reference)
    }
    noteImports(graph, site)
    const url = site.script?.url ?? ''
    if (url.startsWith('node:') && !isFreeOfNode(url, text)) return writeNodeInternal(context, fn)
    if (isOwnUrl(url)) graph.refuse('it is a function inside cornichon', 'Use what cornichon exports')
    const facts = analyzed(text)
    if (!facts)
      graph.refuse('its source text does not parse', 'It may use syntax newer than this cornichon knows')
    this.#writeEarlyCalls(fn)
    const live: LiveFunction = { fn, text, facts, site }
    context.prepare(live)
    if (facts.form === 'class') {
      this.#definitions ??= new FunctionDefinitions(context, this.#references)
      writeClass(context, this.#identities, this.#definitions, live)
      return site.forgetScopes()
    }
    graph.instances.refuseUnknown(fn, graph)
    if (facts.superCall) {
      graph.refuse(
        'an arrow function calls super(), which only the constructor around it can',
        'Call super() outside the arrow function',
      )
    }
    if (facts.superProperty && facts.form !== 'arrow') {
      // A method that uses `super` is rebuilt with its class or object literal, if that still has it.
      const holder = homeOf(context, fn, facts)
      if (holder && !graph.isKnown(holder) && holds(holder, fn)) return writeAfterHome(context, fn, holder)
    }
    writePlain(context, this.#calls, live)
    site.forgetScopes()
  }

  /** Objects that only functions know of. Returns whether it wrote one. */
  writeSpecial(value: object): boolean {
    if (writeSpecial(this.#context, value)) return true
    const parts = superPartsOf(this.#context, this.#references, value)
    if (parts) {
      this.#writeEarlyCalls(parts[0].fn)
      writeLiteral(this.#context, value, parts)
    }
    return parts !== null
  }

  #writeEarlyCalls(fn: object): void {
    const graph: GraphWriter = this.#graph
    for (const teller of graph.options.earlyCalls?.get(fn) ?? []) {
      const text = sourceOf(teller)
      const live = { fn: teller, text, facts: analyzed(text)!, site: this.site(teller) }
      const call = this.#calls.around(live)
      if (!call) continue
      graph.out.byte(Op.AfterCall)
      this.#calls.write(call)
    }
  }
}
