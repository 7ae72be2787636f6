// Functions and classes of the graph: captures each once into a record, and writes the values that it needs.
import { createRequire, Module } from 'node:module'
import { types } from 'node:util'
import type { ClassElement, FunctionFacts } from '../analyze/index.ts'
import {
  bindingIn,
  captureFunction,
  hiddenSlots,
  internalSlots,
  offsetOf,
  ProbeError,
  privateElements,
  probeArguments,
  probeThis,
  type ScopeRecord,
  scriptOf,
  WITH,
} from '../capture/index.ts'
import { OWN_NAME, SUPER_NAME } from '../codegen/leaf.ts'
import { originOfMeta } from '../codegen/origin.ts'
import {
  type BindingRecord,
  type FunctionRecord,
  type LiteralPart,
  type MemberRecord,
  privateFields,
  type SharedVariable,
  staticKey,
} from '../codegen/records.ts'
import { homeOfSuper, superOf } from '../codegen/super.ts'
import {
  classifyUrl,
  findForeignIntrinsic,
  findNodes,
  findPackageExport,
  isOwnUrl,
  isPromisified,
  isStandardGlobal,
  type Reference,
} from '../references/index.ts'
import { classIdentity } from './class-identity.ts'
import { registerClass } from './class-registry.ts'
import {
  classPrototypeDefault,
  hasUsualProperties,
  heritageOf,
  naturalName,
  usualPrototype,
} from './function-shape.ts'
import {
  type FunctionSite,
  globalOf,
  isStrict,
  locationOf,
  namespaceOf,
  resolveName,
  scriptFacts,
  siteOf,
} from './function-site.ts'
import type { GraphWriter } from './graph-writer.ts'
import { holds, homeOf, privateHomeOf } from './homes.ts'
import { keepVariables } from './kept-sites.ts'
import { Op } from './opcodes.ts'
import { asksNoPlace, Origins } from './origins.ts'
import {
  analyzed,
  isClassText,
  isNativeText,
  knownHome,
  knownOrigin,
  knownSuperHome,
  sourceOf,
} from './source.ts'

const { getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect
const FunctionPrototype = Function.prototype
const ObjectPrototype = Object.prototype

/** Bits of the byte behind a function's number: which values follow, that its creation needs. */
export const Needs = { This: 1, Call: 2, PrivateHome: 4 } as const

interface Call {
  readonly values: ArrayLike<unknown>
  readonly variable: SharedVariable & { readonly call: number }
  readonly scope: object | null
  written: boolean
}

/** What a direct `eval` sees as `require`, if its function does not name it: no path goes into the bundle for that. */
const requireFromAnywhere = createRequire(import.meta.url)

export class FunctionWriter {
  readonly records: FunctionRecord[] = []
  readonly #graph: GraphWriter
  readonly #byFunction = new Map<object, FunctionRecord>()
  readonly #origins = new Origins()
  readonly #sites = new Map<object, FunctionSite>()
  readonly #references = new Map<object, Reference | null>()
  readonly #identities = new Map<string, number>()
  /** By their `arguments` objects, the calls that arrow functions look back at. */
  readonly #calls = new Map<object, Call>()

  constructor(graph: GraphWriter) {
    this.#graph = graph
  }

  /** When all functions are known: takes the places out that none of a module's functions asks for. */
  settleOrigins(): void {
    for (const record of this.records) if (record) record.origin = this.#origins.settled(record.origin)
  }

  has(fn: object): boolean {
    return this.#byFunction.has(fn)
  }

  isByReference(fn: object): boolean {
    return this.#referenceOf(fn) !== null
  }

  site(fn: object): FunctionSite {
    let site = this.#sites.get(fn)
    if (!site) this.#sites.set(fn, (site = siteOf(fn)))
    return site
  }

  /** Writes a function that is no intrinsic and no export of a built-in module. */
  write(fn: object): void {
    const graph: GraphWriter = this.#graph
    const text = sourceOf(fn)
    if (isNativeText(text)) return this.#native(fn)
    const superHome = homeOfSuper(fn)
    if (superHome) return this.#super(fn, superHome)
    const site = this.site(fn)
    const location = locationOf(site)
    if (location) graph.trace?.locate(fn, location)
    const reference = this.#referenceOf(fn)
    if (reference) return graph.reference(fn, reference)
    this.#noteImports(site)
    const url = site.script?.url ?? ''
    if (url.startsWith('node:')) return this.#nodeInternal(fn)
    if (isOwnUrl(url)) graph.refuse('it is a function inside cornichon', 'Use what cornichon exports')
    const facts = analyzed(text)
    if (!facts)
      graph.refuse('its source text does not parse', 'It may use syntax newer than this cornichon knows')
    if (facts.form === 'class') return this.#class(fn, text, facts, site)
    if (facts.superCall) {
      graph.refuse(
        'an arrow function calls super(), which only the constructor around it can',
        'Call super() outside the arrow function',
      )
    }
    if (facts.superProperty && facts.form !== 'arrow') return this.#withHome(fn, text, facts, site)
    this.#function(fn, text, facts, site)
  }

  /** Objects that only functions know of: module namespaces, `require`, `arguments`. Returns whether it wrote one. */
  writeSpecial(value: object): boolean {
    const graph: GraphWriter = this.#graph
    if (types.isArgumentsObject(value)) {
      const length = getOwnPropertyDescriptor(value, 'length')?.value
      graph.out.byte(Op.Arguments)
      graph.varint(typeof length === 'number' ? length : 0)
      graph.remember(value)
      graph.later(value, (object) => graph.properties(object, ['callee', Symbol.iterator], false))
      return true
    }
    const url = importMetaUrl(value)
    if (url !== null) {
      this.#origins.ask(url)
      graph.out.byte(Op.ImportMeta)
      graph.string(url)
      graph.remember(value)
      return true
    }
    if (value instanceof Module && getPrototypeOf(value) === Module.prototype) {
      graph.out.byte(Op.Module)
      graph.remember(value)
      graph.later(value, (module) => {
        graph.step('property', 'exports')
        graph.value((module as Module).exports)
      })
      return true
    }
    const home = this.#literalHome(value)
    if (home) {
      this.#literal(value, home)
      return true
    }
    return false
  }

  // --- references ---

  #referenceOf(fn: object): Reference | null {
    let reference = this.#references.get(fn)
    if (reference !== undefined) return reference
    reference = this.#findReference(fn)
    this.#references.set(fn, reference)
    return reference
  }

  #findReference(fn: object): Reference | null {
    const url = this.site(fn).script?.url
    const policy = this.#graph.options.policy
    if (url === undefined) return null
    const place = classifyUrl(url)
    if (isOwnUrl(url)) return findPackageExport(fn) ?? null
    if (place.kind === 'package') {
      if (policy.isByValueUrl(url)) return null
      return findPackageExport(fn, url) ?? this.#graph.imports.part(fn, place.name) ?? null
    }
    if (place.kind === 'user') return policy.userReference(fn, url) ?? null
    return null
  }

  // --- native and bound ---

  #native(fn: object): void {
    const graph: GraphWriter = this.#graph
    const slots = internalSlots(fn)
    const target = slots.get('[[TargetFunction]]')
    if (target === undefined) {
      const foreign = findForeignIntrinsic(fn)
      if (foreign) return graph.reference(fn, foreign)
      graph.refuse(
        'it is a native function that Node does not export',
        'Wrap what you need of it in a function of your own, or leave it out',
      )
    }
    const args = slots.get('[[BoundArgs]]') as unknown[]
    graph.out.byte(Op.Bound)
    graph.step('slot', 'TargetFunction')
    graph.value(target)
    graph.step('slot', 'BoundThis')
    graph.value(slots.get('[[BoundThis]]'))
    graph.varint(args.length)
    for (let i = 0; i < args.length; i++) {
      graph.step('slot', `BoundArgs.${i}`)
      graph.value(args[i])
    }
    graph.remember(fn)
    const usual = getPrototypeOf(target as object)
    graph.later(fn, (bound) => {
      graph.changedPrototype(bound, usual)
      graph.properties(bound, [], false)
    })
  }

  #nodeInternal(fn: object): void {
    const graph: GraphWriter = this.#graph
    const site = this.site(fn)
    const origin = fn === requireFromAnywhere ? '' : knownOrigin(fn)
    if (origin !== undefined) return this.#require(fn, origin)
    const found = findNodes(fn)
    if (found) return graph.reference(fn, found)
    if (
      getOwnPropertyDescriptor(fn, 'name')?.value === 'require' ||
      getOwnPropertyDescriptor(fn, 'resolve')
    ) {
      const resolved = resolveName(fn, analyzed(sourceOf(fn))!, site, 'mod')?.value as
        | { filename?: unknown }
        | undefined
      if (typeof resolved?.filename === 'string') return this.#require(fn, resolved.filename)
    }
    const original = this.#promisified(fn, site)
    if (original !== undefined) {
      graph.out.byte(Op.Promisified)
      graph.step('binding', 'original')
      graph.value(original)
      graph.remember(fn)
      return
    }
    graph.refuse(
      `it is a function inside Node (${site.script?.url}) that no module exports`,
      'Make it where it is needed, within the function that you pickle',
    )
  }

  /** `filename` is empty for one that may resolve from anywhere. */
  #require(fn: object, filename: string): void {
    const graph: GraphWriter = this.#graph
    graph.out.byte(Op.Require)
    graph.string(filename)
    graph.remember(fn)
  }

  #promisified(fn: object, site: FunctionSite): unknown {
    if (!isPromisified(sourceOf(fn))) return undefined
    return resolveName(fn, analyzed(sourceOf(fn))!, site, 'original')?.value
  }

  // --- functions ---

  #function(fn: object, text: string, facts: FunctionFacts, site: FunctionSite): void {
    const graph: GraphWriter = this.#graph
    if (facts.lexicalNewTarget) {
      graph.refuse(
        'an arrow function uses `new.target` of the function around it, which V8 does not show',
        'Keep new.target in a variable outside the arrow function',
      )
    }
    let needs = 0
    let lexical: FunctionRecord['lexical'] = 'none'
    let outerThis: unknown
    if (facts.form === 'arrow' && (facts.lexicalThis || facts.directEval || facts.superProperty)) {
      outerThis = this.#outerThis(fn, facts)
      lexical = 'this'
      needs |= Needs.This
    }
    const call = facts.form === 'arrow' ? this.#callAround(fn, facts, site) : null
    if (call) {
      // Its environment has the call's `this`, too.
      needs = Needs.Call
      lexical = 'none'
    }
    const superHome = facts.superProperty ? this.#superHome(fn, facts) : null
    const privateHome = facts.privateNames.length > 0 ? this.#classAround(fn, facts) : null
    if (privateHome) needs |= Needs.PrivateHome
    const asDeclaration = this.#isOuterName(fn, facts, site)
    const origin = this.#originOf(fn, facts, text, site)
    const ownName = naturalName(fn)

    graph.out.byte(Op.Function)
    const index = this.#reserve()
    graph.varint(index)
    graph.byte(needs)
    if (needs & Needs.PrivateHome) {
      graph.step('slot', 'PrivateEnvironment')
      graph.value(privateHome)
    }
    if (needs & Needs.This) {
      graph.step('slot', 'ThisValue')
      graph.value(outerThis)
    }
    if (call) this.#writeCall(call, fn, facts)
    graph.remember(fn)
    const record: FunctionRecord = {
      index,
      fn,
      text,
      facts,
      strict: isStrict(fn, facts, site),
      name: ownName ?? '',
      bindings: [
        ...this.#bindings(fn, facts, site, asDeclaration),
        ...(superHome ? [variableOf(SUPER_NAME, superOf(superHome))] : []),
      ],
      lexical,
      outerArguments: call?.variable ?? null,
      asDeclaration,
      privateHome: privateHome ? this.#byFunction.get(privateHome)! : null,
      elementKeys: new Map(),
      removedElements: new Set(),
      members: [],
      literal: null,
      awayFromHome: superHome !== null,
      origin,
    }
    this.#add(record)
    graph.later(fn, () => {
      this.#bindingValues(record)
      this.#functionProperties(fn, facts)
    })
  }

  /** The call whose `arguments` an arrow function sees; null if it can't ask for them. */
  #callAround(fn: object, facts: FunctionFacts, site: FunctionSite): Call | null {
    if (!facts.lexicalArguments && !facts.directEval) return null
    const found = resolveName(fn, facts, site, 'arguments')
    if (!found && !facts.lexicalArguments) return null
    const seen = (found?.value ?? this.#probed(() => probeArguments(fn, facts))) as ArrayLike<unknown>
    if (!facts.lexicalArguments && isModuleArguments(seen)) return null
    let call = this.#calls.get(seen)
    if (!call) {
      const variable = { name: 'arguments', depth: found?.depth ?? 0, call: this.#calls.size }
      this.#calls.set(seen, (call = { values: seen, variable, scope: found?.scope ?? null, written: false }))
    }
    return call
  }

  #writeCall(call: Call, fn: object, facts: FunctionFacts): void {
    const graph: GraphWriter = this.#graph
    graph.varint(call.variable.call)
    graph.byte(call.written ? 0 : 1)
    if (call.written) return
    call.written = true
    graph.step('slot', 'ThisValue')
    graph.value(this.#outerThis(fn, facts))
    graph.varint(call.values.length)
    for (let i = 0; i < call.values.length; i++) {
      graph.step('slot', `arguments.${i}`)
      graph.value(call.values[i])
    }
  }

  /** In sloppy code with plain parameters, these and `arguments` follow each other (spec 10.4.4): a copy would not. */
  refuseMappedArguments(): void {
    for (const { values, scope } of this.#calls.values()) {
      const callee = getOwnPropertyDescriptor(values, 'callee')?.value as unknown
      if (typeof callee !== 'function') continue
      const parameters = analyzed(sourceOf(callee))?.parameterNames ?? []
      for (const record of this.records) {
        const used = record.bindings.find(
          (binding) =>
            parameters.includes(binding.name) &&
            scope !== null &&
            binding.scope !== null &&
            bindingIn(binding.scope, 'arguments')?.value === values,
        )
        if (!used) continue
        this.#graph.trace?.enter(record.fn)
        this.#graph.refuse(
          `\`${used.name}\` and the \`arguments\` that another function uses follow each other in sloppy code`,
          "Use the parameter or `arguments`, not both, or make the code strict ('use strict')",
        )
      }
    }
  }

  #outerThis(fn: object, facts: FunctionFacts): unknown {
    // V8 tells `this` where the function's own code names it.
    if (facts.lexicalThis) return this.#probed(() => probeThis(fn, facts))
    return hiddenSlots(fn)?.outerThis ?? this.#probed(() => probeThis(fn, facts))
  }

  #probed<T>(probe: () => T): T {
    try {
      return probe()
    } catch (error) {
      if (error instanceof ReferenceError) {
        this.#graph.refuse(
          'its `this` is not there yet: the constructor around it has not called super()',
          'Pickle it when the object was constructed',
        )
      }
      if (!(error instanceof ProbeError)) throw error
      this.#graph.refuse(
        `what it sees of the function around it can't be read: ${error.message}`,
        'Keep what it needs in a variable outside',
      )
    }
  }

  /** Reserves a record's number, so that records written on the way get later ones. */
  #reserve(): number {
    const index = this.records.length
    this.records.push(undefined as unknown as FunctionRecord)
    return index
  }

  #add(record: FunctionRecord): void {
    this.records[record.index] = record
    this.#byFunction.set(record.fn, record)
    if (record.literal) for (const part of record.literal) this.#byFunction.set(part.fn, record)
  }

  /** A declaration that assigns its own name, or whose name holds something else by now, uses an outer variable. */
  #isOuterName(fn: object, facts: FunctionFacts, site: FunctionSite): boolean {
    if (facts.form !== 'function' || facts.ownName === null || !(facts.ownNameUsed || facts.ownNameWritten))
      return false
    const outer = resolveName(fn, { ...facts }, site, facts.ownName)
    if (!outer || outer.dead) return false
    if (!facts.ownNameWritten && outer.value === fn) return false
    const script = site.script
    return script ? scriptFacts(script).declarationAt(offsetOf(script, site.line, site.column)) : false
  }

  #originOf(fn: object, facts: FunctionFacts, text: string, site: FunctionSite): string | null {
    if (!facts.importMeta && !importsFromItsFolder(facts, text)) return null
    const url = knownOrigin(fn) ?? site.script?.url
    if (!url) return null
    const origin = url.startsWith('/') ? new URL(url, 'file://').href : url
    if (importsFromItsFolder(facts, text) || !asksNoPlace(facts, text)) this.#origins.ask(origin)
    return origin
  }

  /** `methods` are those of a class. */
  #bindings(
    fn: object,
    facts: FunctionFacts,
    site: FunctionSite,
    ownNameToo: boolean,
    methods: readonly object[] = [],
  ): BindingRecord[] {
    const bindings: BindingRecord[] = []
    keepVariables(fn, facts, site.kept, () => site.scopes, methods)
    const seen = new Set<string>()
    const add = (name: string, written: boolean, members: readonly string[] | null) => {
      if (seen.has(name)) return
      seen.add(name)
      const binding = this.#binding(fn, facts, site, name, written, members)
      if (binding) bindings.push(binding)
    }
    for (const free of facts.free) {
      if (free.definitionOnly) continue
      if (free.name === 'arguments' && facts.form === 'arrow') continue
      add(free.name, free.written || facts.directEval, facts.directEval ? null : free.members)
    }
    if (ownNameToo) add(facts.ownName!, facts.ownNameWritten, null)
    if (facts.directEval) {
      for (const [name, hidden] of this.#visibleToEval(fn, site)) {
        if (!hidden) add(name, true, null)
        else if (name === 'require' && !seen.has(name)) {
          seen.add(name)
          bindings.push({ ...variableOf(name, requireFromAnywhere), written: true })
        }
      }
    }
    return bindings
  }

  /** Every variable around the function. `hidden` are those that would only bring a path along: nothing asks for them. */
  *#visibleToEval(fn: object, site: FunctionSite): Generator<[name: string, hidden: boolean]> {
    for (const scope of site.scopes) {
      if (scope.type === 'Global') return
      if (scope.type === WITH) this.#refuseWith('what a direct `eval` sees')
      for (const name of ownKeys(scope.object)) {
        if (typeof name !== 'string' || name === 'this' || name === 'arguments' || name.startsWith('.'))
          continue
        if (name.startsWith(OWN_NAME)) continue
        const ofWrapper = isModuleVariable(name, scope, site) && name !== 'exports' && name !== 'module'
        yield [name, ofWrapper && !sourceOf(fn).includes(name)]
      }
    }
  }

  #refuseWith(what: string): never {
    this.#graph.refuse(
      `${what} comes from the object of a \`with\` statement`,
      'Read it into a variable, or take the function out of the `with` statement',
    )
  }

  #binding(
    fn: object,
    facts: FunctionFacts,
    site: FunctionSite,
    name: string,
    written: boolean,
    members: readonly string[] | null,
  ): BindingRecord | null {
    if (facts.form === 'class' && name === facts.ownName) return null
    // With its variables kept, none of its scopes is a with block.
    for (const scope of site.kept.variables ? [] : site.scopes) {
      // What the object has now, or will have when the function runs: a plain copy of a variable can't follow that.
      if (scope.type === WITH && (scope.isProxy || types.isProxy(scope.object) || name in scope.object))
        this.#refuseWith(`\`${name}\``)
      if (bindingIn(scope.object, name)) break
    }
    const found = resolveName(fn, facts, site, name)
    if (found) {
      const namespace = namespaceOf(found.value, name)
      const value = namespace ?? found.value
      return {
        name,
        kind: found.dead ? 'dead' : written && isImport(name, site) ? 'const' : 'value',
        value,
        members: namespace && members && !written ? members : null,
        written,
        get scope() {
          return found.scope
        },
        depth: found.depth,
        variable: null,
      }
    }
    const global = globalOf(site)
    const descriptor = getOwnPropertyDescriptor(global, name)
    if (!descriptor || isStandardGlobal(name, descriptor)) return null
    if (descriptor.get || descriptor.set) return null
    return { ...variableOf(name, descriptor.value), written }
  }

  /** What the module around a function imports from packages is these packages' exports. */
  #noteImports(site: FunctionSite): void {
    const { script, scopes } = site
    const scope = script?.isModule && scopes.find(({ type }) => type === 'Module')
    if (scope) this.#graph.imports.note(script.url, scriptFacts(script).imports.values(), scope.object)
  }

  #bindingValues(record: FunctionRecord): void {
    const graph: GraphWriter = this.#graph
    graph.varint(record.bindings.length)
    for (const binding of record.bindings) {
      graph.step('binding', binding.name)
      if (binding.kind === 'dead') graph.out.byte(Op.Hole)
      else if (binding.members) graph.namespace(binding.value as object, binding.members)
      else graph.value(binding.value)
    }
  }

  // --- own properties of functions ---

  #functionProperties(fn: object, facts: FunctionFacts): void {
    const graph: GraphWriter = this.#graph
    graph.changedPrototype(fn, usualPrototype(facts))
    if (hasUsualProperties(fn, facts)) graph.byte(0)
    else {
      graph.byte(1)
      graph.properties(fn, ['arguments', 'caller'], false)
    }
  }

  // --- classes ---

  #class(fn: object, text: string, facts: FunctionFacts, site: FunctionSite): void {
    const graph: GraphWriter = this.#graph
    const classFacts = facts.classFacts!
    const prototype = getOwnPropertyDescriptor(fn, 'prototype')!.value as object
    if (graph.isKnown(prototype) && !graph.isOpen(prototype)) {
      graph.refuse(
        "its prototype was reached before it, and its prototype's `constructor` is another",
        'Pickle the class itself before its instances',
      )
    }
    const outerNames = facts.privateNames.length > 0 ? this.#classAround(fn, facts) : null
    const { members, elementKeys, keys, removed } = this.#elements(fn, prototype, text, facts, site)
    const heritage = heritageOf(fn, prototype, classFacts.heritage !== null && !classFacts.heritage.isNull)

    graph.out.byte(Op.Class)
    const index = this.#reserve()
    graph.varint(index)
    const methods = members.map((member) => member.fn)
    const bindings = this.#bindings(fn, facts, site, false, methods)
    const identity = this.#identity(fn, text, heritage, bindings)
    graph.string(identity)
    graph.byte(outerNames ? Needs.PrivateHome : 0)
    if (outerNames) graph.value(outerNames)
    graph.step('slot', 'Prototype')
    graph.value(heritage)
    graph.varint(keys.length)
    for (const key of keys) graph.value(key)
    graph.remember(fn)
    graph.remember(prototype)
    const kept = members.filter((member) => !graph.isKnown(member.fn))
    for (const member of kept) graph.remember(member.fn)

    const record: FunctionRecord = {
      index,
      fn,
      text,
      facts,
      strict: true,
      name: naturalName(fn) ?? '',
      bindings,
      lexical: 'none',
      outerArguments: null,
      asDeclaration: false,
      privateHome: outerNames ? this.#byFunction.get(outerNames)! : null,
      elementKeys,
      removedElements: removed,
      members: kept,
      literal: null,
      awayFromHome: false,
      origin: this.#originOf(fn, facts, text, site),
    }
    this.#add(record)
    registerClass(identity, { value: fn, prototype, members: members.map((member) => member.fn), hook: null })
    const statics = privateFields(record, true)
    for (const member of kept)
      graph.later(member.fn, (method) => this.#functionProperties(method, analyzed(sourceOf(method))!))
    graph.later(prototype, (object) => {
      graph.changedPrototype(object, classPrototypeDefault(heritage))
      graph.properties(object, [], false)
    })
    graph.later(fn, () => {
      this.#bindingValues(record)
      const values = statics.length > 0 ? privateElements(fn) : []
      for (const name of statics) {
        const field = values.find(
          (element) => element.kind === 'field' && element.name.replace(/^#/, '') === name,
        )
        graph.step('property', `#${name}`)
        graph.value(field?.value)
      }
      graph.changedPrototype(
        fn,
        heritage === null || heritage === undefined ? FunctionPrototype : (heritage as object),
      )
      graph.properties(fn, ['arguments', 'caller'], false)
    })
  }

  /** The class's identity, with a number behind it for each further class of the bundle that is equal. */
  #identity(fn: object, text: string, heritage: unknown, bindings: readonly BindingRecord[]): string {
    const identity = classIdentity(fn, text, heritage, bindings)
    const count = this.#identities.get(identity) ?? 0
    this.#identities.set(identity, count + 1)
    return count === 0 ? identity : `${identity}#${count}`
  }

  /** Matches the class's elements with the live class: which methods it still has, and what its computed keys were. */
  #elements(fn: object, prototype: object, text: string, facts: FunctionFacts, site: FunctionSite) {
    const members: MemberRecord[] = []
    const elementKeys = new Map<number, number>()
    const keys: PropertyKey[] = []
    const removed = new Set<number>()
    for (const [i, element] of facts.classFacts!.elements.entries()) {
      if (
        element.kind === 'static-block' ||
        element.kind === 'constructor' ||
        element.key?.kind === 'private'
      )
        continue
      const constant = staticKey(element.key)
      const holder = element.isStatic ? fn : prototype
      if (element.kind === 'field') {
        if (constant === null && !element.isStatic) {
          const key = this.#fieldKey(fn, facts, site, element.key!, text)
          elementKeys.set(i, keys.length)
          keys.push(key)
        }
        continue
      }
      const slot = element.kind === 'method' ? 'value' : element.kind === 'get' ? 'get' : 'set'
      const source = text.slice(element.functionStart, element.range.end)
      const candidates = constant === null ? ownKeys(holder) : [constant]
      const key = candidates.find((candidate) => {
        const live = getOwnPropertyDescriptor(holder, candidate)?.[slot]
        return (
          typeof live === 'function' &&
          !types.isProxy(live) &&
          isText(sourceOf(live), source, element) &&
          !members.some((member) => member.fn === live)
        )
      })
      if (key === undefined) {
        if (constant === null) removed.add(i)
        continue
      }
      let memberKey: string | number
      if (constant === null || typeof key === 'symbol') {
        elementKeys.set(i, keys.length)
        memberKey = keys.length
        keys.push(key)
      } else memberKey = constant
      members.push({
        isStatic: element.isStatic,
        key: memberKey,
        slot,
        fn: getOwnPropertyDescriptor(holder, key)![slot],
      })
    }
    // Of two elements with one key the later wins: the earlier one's function is gone unless it was kept elsewhere.
    return { members: lastOfEach(members), elementKeys, keys, removed }
  }

  #fieldKey(
    fn: object,
    facts: FunctionFacts,
    site: FunctionSite,
    key: NonNullable<NonNullable<FunctionFacts['classFacts']>['elements'][number]['key']>,
    text: string,
  ): PropertyKey {
    if (key.kind === 'computed') {
      const expression = text.slice(key.expression.start, key.expression.end).trim()
      const wellKnown = /^Symbol\.(\w+)$/.exec(expression)
      if (wellKnown && !resolveName(fn, facts, site, 'Symbol')) {
        const symbol = getOwnPropertyDescriptor(Symbol, wellKnown[1])?.value
        if (typeof symbol === 'symbol') return symbol
      }
      if (/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(expression)) {
        const found = resolveName(fn, facts, site, expression)
        if (
          found &&
          !found.dead &&
          (typeof found.value === 'string' ||
            typeof found.value === 'symbol' ||
            typeof found.value === 'number')
        ) {
          return typeof found.value === 'number' ? String(found.value) : found.value
        }
      }
      this.#graph.refuse(
        `the computed key [${expression}] of an instance field is not kept by V8 once the class is defined`,
        'Give the key a name: const key = …, then [key]',
      )
    }
    throw new TypeError('not a computed key')
  }

  /** The live class whose private names the function uses. */
  #classAround(fn: object, facts: FunctionFacts): object {
    const home = privateHomeOf(fn, facts, (each) => this.site(each))
    if (home) return home
    this.#graph.refuse(
      `it uses the private name #${facts.privateNames[0]} of a class that could not be found`,
      'Pickle the class together with it, or use a method of the class in its place',
    )
  }

  // --- super ---

  /** What stands for `super` in a function that is rebuilt away from its home. */
  #super(fn: object, home: object): void {
    const graph: GraphWriter = this.#graph
    graph.out.byte(Op.Super)
    graph.remember(fn)
    graph.later(fn, () => {
      graph.step('slot', 'HomeObject')
      graph.value(home)
    })
  }

  /** The class or object literal that the method was written in. */
  #homeOf(fn: object, facts: FunctionFacts): object | undefined {
    if (knownSuperHome(fn)) return undefined
    return knownHome(fn) ?? homeOf(fn, facts, (each) => this.site(each))?.holder
  }

  #superHome(fn: object, facts: FunctionFacts): object {
    const home = knownSuperHome(fn) ?? homeOf(fn, facts, (each) => this.site(each))?.object
    if (home) return home
    this.#graph.refuse(
      'it uses `super`, and the class or object that it was written in could not be found',
      'Read what it needs from `super` into a variable, or pickle the object or class that has the method',
    )
  }

  /** A method that uses `super` is rebuilt with its class or object literal, if that still has it. */
  #withHome(fn: object, text: string, facts: FunctionFacts, site: FunctionSite): void {
    const holder = this.#homeOf(fn, facts)
    if (holder && !this.#graph.isKnown(holder) && holds(holder, fn)) return this.#afterHome(fn, holder)
    this.#function(fn, text, facts, site)
  }

  /** The home is written first, and gives the method its number; what stands here then is a reference to it. */
  #afterHome(fn: object, home: object): void {
    const graph: GraphWriter = this.#graph
    graph.forget(fn)
    graph.out.byte(Op.MemberOf)
    graph.step('slot', 'HomeObject')
    graph.value(home)
    if (!graph.isKnown(fn))
      graph.refuse(
        'the method uses `super` of another object than the one that has it',
        'Pickle the object that the method was written in',
      )
    graph.value(fn)
  }

  /** The methods with `super` that were written in this object literal, if there are any. */
  #literalHome(value: object): LiteralPart[] | null {
    const parts: LiteralPart[] = []
    for (const key of ownKeys(value)) {
      const descriptor = getOwnPropertyDescriptor(value, key)!
      for (const slot of ['value', 'get', 'set'] as const) {
        const fn = descriptor[slot]
        if (typeof fn !== 'function' || types.isProxy(fn) || this.#graph.isKnown(fn)) continue
        const text = sourceOf(fn)
        if (!text.includes('super') || isNativeText(text) || isClassText(text)) continue
        const facts = analyzed(text)
        if (
          !facts?.superProperty ||
          (facts.form !== 'method' && facts.form !== 'getter' && facts.form !== 'setter')
        )
          continue
        // A method that was copied from another object keeps that one as its home.
        if (this.isByReference(fn) || this.#homeOf(fn, facts) !== value) continue
        const name = typeof key === 'string' ? key : `[${key.description ?? ''}]`
        parts.push({ text, facts, key: name, slot, fn })
      }
    }
    return parts.length > 0 ? parts : null
  }

  #literal(value: object, parts: LiteralPart[]): void {
    const graph: GraphWriter = this.#graph
    graph.out.byte(Op.Literal)
    const index = this.#reserve()
    graph.varint(index)
    graph.remember(value)
    for (const part of parts) graph.remember(part.fn)
    const site = this.site(parts[0].fn)
    const bindings: BindingRecord[] = []
    for (const part of parts) {
      for (const binding of this.#bindings(part.fn, part.facts, this.site(part.fn), false)) {
        const known = bindings.find((other) => other.name === binding.name)
        if (!known) bindings.push(binding)
        else if (!Object.is(known.value, binding.value)) {
          graph.refuse(
            `methods with \`super\` come from different places (their \`${binding.name}\` differ)`,
            'Keep methods that use `super` in the object they were written in',
          )
        } else if (binding.written && !known.written)
          bindings[bindings.indexOf(known)] = { ...known, written: true }
      }
    }
    const record: FunctionRecord = {
      index,
      fn: parts[0].fn,
      text: parts.map((part) => part.text).join(',\n'),
      facts: { ...parts[0].facts, importMeta: parts.some((part) => part.facts.importMeta) },
      strict: isStrict(parts[0].fn, parts[0].facts, site),
      name: '',
      bindings,
      lexical: 'none',
      outerArguments: null,
      asDeclaration: false,
      privateHome: null,
      elementKeys: new Map(),
      removedElements: new Set(),
      members: [],
      literal: parts,
      awayFromHome: false,
      origin: this.#originOf(parts[0].fn, parts[0].facts, parts[0].text, site),
    }
    this.#add(record)
    for (const part of parts) graph.later(part.fn, (method) => this.#functionProperties(method, part.facts))
    graph.later(value, (object) => {
      this.#bindingValues(record)
      graph.changedPrototype(object, ObjectPrototype)
      graph.properties(object, [], false)
    })
  }
}

function lastOfEach(members: readonly MemberRecord[]): MemberRecord[] {
  const last = new Map<string, MemberRecord>()
  for (const member of members)
    last.set(`${member.isStatic}${typeof member.key}${String(member.key)}${member.slot}`, member)
  return members.filter(
    (member) =>
      last.get(`${member.isStatic}${typeof member.key}${String(member.key)}${member.slot}`) === member,
  )
}

/** The url of a module's `import.meta` object, or of the one that a loaded function has; null for anything else. */
function importMetaUrl(value: object): string | null {
  const known = originOfMeta(value)
  if (known !== undefined) return known
  if (getPrototypeOf(value) !== null) return null
  const url: unknown = getOwnPropertyDescriptor(value, 'url')?.value
  const resolve: unknown = getOwnPropertyDescriptor(value, 'resolve')?.value
  if (typeof url !== 'string' || typeof resolve !== 'function' || types.isProxy(resolve)) return null
  const { scriptId } = captureFunction(resolve)
  return scriptId !== undefined && scriptOf(scriptId)?.url.startsWith('node:') ? url : null
}

/** Built-in modules and data: URLs are the same from everywhere. */
function importsFromItsFolder(facts: FunctionFacts, text: string): boolean {
  return facts.dynamicImportRanges.some(
    (range) => !/^\s*\(\s*(['"`])(?:node|data):[^'"`$]*\1\s*\)/.test(text.slice(range.end)),
  )
}

/** Of a method in a loaded class, the computed key was edited: the rest tells. */
function isText(live: string, source: string, element: ClassElement): boolean {
  if (live === source) return true
  return (
    element.key?.kind === 'computed' &&
    live.endsWith(source.slice(element.key.range.end - element.functionStart))
  )
}

/** A variable of the global object. */
function variableOf(name: string, value: unknown): BindingRecord {
  return {
    name,
    kind: 'value',
    value,
    members: null,
    written: false,
    scope: null,
    depth: -1,
    variable: null,
  }
}

/** Is the scope that of a CommonJS module's wrapper, and the name one of its parameters? */
function isModuleVariable(name: string, scope: ScopeRecord, site: FunctionSite): boolean {
  if (site.script?.isModule || !MODULE_VARIABLES.includes(name)) return false
  return MODULE_VARIABLES.every((each) => bindingIn(scope.object, each))
}

/** Those of a CommonJS module's wrapper: a direct `eval` could see them, as its variables. */
function isModuleArguments(seen: ArrayLike<unknown>): boolean {
  return seen.length === MODULE_VARIABLES.length && seen[2] instanceof Module
}

const MODULE_VARIABLES: readonly string[] = ['exports', 'require', 'module', '__filename', '__dirname']

function isImport(name: string, site: FunctionSite): boolean {
  return site.script?.isModule === true && scriptFacts(site.script).imports.has(name)
}
