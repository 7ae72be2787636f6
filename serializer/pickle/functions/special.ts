// Objects that only functions know of: `arguments`, `import.meta`, a CommonJS module's `module`.
import { Module } from 'node:module'
import { types } from 'node:util'
import { captureFunction, scriptOf } from '../../capture/index.ts'
import { originOfMeta } from '../../codegen/origin.ts'
import { MAX_ARGUMENTS, Op } from '../opcodes.ts'
import type { FunctionContext } from './context.ts'

const { getOwnPropertyDescriptor, getPrototypeOf } = Reflect
const ObjectPrototype = Object.prototype

/** Objects that only functions know of: module namespaces, `require`, `arguments`. Returns whether it wrote one. */
export function writeSpecial(context: FunctionContext, value: object): boolean {
  const { graph } = context
  if (types.isArgumentsObject(value)) {
    const length = getOwnPropertyDescriptor(value, 'length')?.value
    graph.out.byte(Op.Arguments)
    graph.varint(isArgumentCount(length) ? length : 0)
    graph.remember(value)
    context.argumentsObjects.push(value)
    graph.later(value, (object) => {
      graph.changedPrototype(object, ObjectPrototype)
      graph.properties(object, ['callee'], false)
    })
    return true
  }
  const url = importMetaUrl(value)
  if (url !== null) {
    context.origins.ask(url)
    graph.out.byte(Op.ImportMeta)
    graph.string(url)
    graph.remember(value)
    return true
  }
  // (`instanceof` would ask a proxy among the prototypes.)
  if (getPrototypeOf(value) === Module.prototype) {
    graph.out.byte(Op.Module)
    graph.remember(value)
    graph.later(value, (module) => {
      graph.step('property', 'exports')
      graph.value((module as Module).exports)
    })
    return true
  }
  return false
}

/** Code may give `length` any value; it is written as the property that it is then. */
function isArgumentCount(length: unknown): length is number {
  return Number.isInteger(length) && (length as number) >= 0 && (length as number) <= MAX_ARGUMENTS
}

/** The url of a module's `import.meta` object, or of the one that a loaded function has; null for anything else. */
export function importMetaUrl(value: object): string | null {
  const known = originOfMeta(value)
  if (known !== undefined) return known
  if (getPrototypeOf(value) !== null) return null
  const url: unknown = getOwnPropertyDescriptor(value, 'url')?.value
  const resolve: unknown = getOwnPropertyDescriptor(value, 'resolve')?.value
  if (typeof url !== 'string' || typeof resolve !== 'function' || types.isProxy(resolve)) return null
  const { scriptId } = captureFunction(resolve)
  return scriptId !== undefined && scriptOf(scriptId)?.url.startsWith('node:') ? url : null
}
