// State that a package's objects keep under symbols, as others do in private fields. The package's methods find it in a copy if
// the symbol is found: where the class goes by reference and no export tells its symbol, the copy would have none.
import { types } from 'node:util'
import { bindingIn, captureFunction } from '../capture/index.ts'
import { findBuiltin, findSymbol, noteSymbolOf } from '../references/index.ts'
import type { GraphWriter } from './graph-writer.ts'
import { prototypeOwner } from './instances.ts'

const { getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect
const symbolKeyFor = Symbol.keyFor
const ObjectPrototype = Object.prototype

/** Called before a property of the object is written that stands under the symbol. */
export function checkSymbol(object: object, symbol: symbol, graph: GraphWriter): void {
  const first = getPrototypeOf(object)
  if (first === ObjectPrototype || first === null || graph.isKnown(symbol)) return
  if (symbolKeyFor(symbol) !== undefined || findSymbol(symbol) || findBuiltin(symbol)) return
  for (let at: object | null = first; at !== null && !types.isProxy(at); at = getPrototypeOf(at)) {
    const owner = prototypeOwner(at)
    if (owner === null || !graph.functions.isByReference(owner) || !isVariableOf(owner, symbol)) continue
    if (noteSymbolOf(symbol, owner) !== 'hidden') return
    const name: unknown = getOwnPropertyDescriptor(owner, 'name')?.value || 'its class'
    graph.refuse(
      `it has state under ${String(symbol)}, which its package does not export, and ${name} travels by reference: there it would not be found`,
      graph.functions.adviceOn(owner, String(name)),
    )
  }
}

/** Is it the value of a variable that the function's code sees, or a property of one? */
function isVariableOf(fn: object, symbol: symbol): boolean {
  for (const { type, object } of captureFunction(fn).scopes) {
    if (type === 'Global') continue
    for (const name of ownKeys(object)) {
      const value = bindingIn(object, name)?.value
      if (value === symbol || hasValue(value, symbol)) return true
    }
  }
  return false
}

function hasValue(value: unknown, symbol: symbol): boolean {
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return false
  if (types.isModuleNamespaceObject(value)) return false
  return ownKeys(value).some((key) => getOwnPropertyDescriptor(value, key)?.value === symbol)
}
