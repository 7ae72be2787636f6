// Functions whose code is not the user's: native ones, bound ones, and those inside Node.
import { homesOf, internalSlots } from '../../capture/index.ts'
import { intlFunctionOf } from '../../reducers/index.ts'
import { findForeignIntrinsic, findNodes, isOfClosedRealm, isPromisified } from '../../references/index.ts'
import { type FunctionSite, resolveName } from '../function-site.ts'
import { Op } from '../opcodes.ts'
import { analyzed, knownOrigin, sourceOf } from '../source.ts'
import { requireFromAnywhere } from './bindings.ts'
import type { FunctionContext } from './context.ts'

const { getOwnPropertyDescriptor, getPrototypeOf } = Reflect
const FunctionPrototype = Function.prototype

export function writeNative(context: FunctionContext, fn: object): void {
  const { graph } = context
  const slots = internalSlots(fn)
  const target = slots.get('[[TargetFunction]]')
  if (target === undefined) {
    const owner = intlOwner(fn)
    if (owner) return writeIntlFunction(context, fn, owner)
    const foreign = findForeignIntrinsic(fn)
    if (foreign) return graph.reference(fn, foreign)
    if (isOfClosedRealm(fn)) {
      graph.refuse(
        'it is native to a vm context without code generation from strings, so what it is can not be found out',
        'Make the context without `codeGeneration: { strings: false }`, or make the value outside of it',
      )
    }
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

/** What an Intl object's `format` or `compare` gives has no name, and is bound to the object where only a snapshot of the heap shows it. */
function intlOwner(fn: object): object | undefined {
  if (getOwnPropertyDescriptor(fn, 'name')?.value !== '') return undefined
  return homesOf(fn).find((object) => intlFunctionOf(object) === fn)
}

function writeIntlFunction({ graph }: FunctionContext, fn: object, owner: object): void {
  graph.out.byte(Op.IntlFunction)
  graph.step('slot', 'BoundThis')
  graph.value(owner)
  graph.remember(fn)
  graph.later(fn, (bound) => {
    graph.changedPrototype(bound, FunctionPrototype)
    graph.properties(bound, [], false)
  })
}

/** What `emitter.once` adds as a listener (up to Node 22, that is bound): all that it needs is in its own variables. */
const ONCE_LISTENER = /^function (?:onceWrapper\(\)|wrapper\(\.\.\.args\)) \{/

/** Functions inside Node that travel as if they were the user's: no export leads to them, and no state of Node's is theirs. */
export function isFreeOfNode(url: string, text: string): boolean {
  return url === 'node:events' && ONCE_LISTENER.test(text)
}

export function writeNodeInternal(context: FunctionContext, fn: object): void {
  const { graph } = context
  const site = context.siteOf(fn)
  const origin = fn === requireFromAnywhere ? '' : knownOrigin(fn)
  if (origin !== undefined) return writeRequire(context, fn, origin)
  const found = findNodes(fn)
  if (found) return graph.reference(fn, found)
  if (getOwnPropertyDescriptor(fn, 'name')?.value === 'require' || getOwnPropertyDescriptor(fn, 'resolve')) {
    const resolved = resolveName(fn, analyzed(sourceOf(fn))!, site, 'mod')?.value as
      | { filename?: unknown }
      | undefined
    if (typeof resolved?.filename === 'string') return writeRequire(context, fn, resolved.filename)
  }
  const original = originalOfPromisified(fn, site)
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
function writeRequire(context: FunctionContext, fn: object, filename: string): void {
  const { graph } = context
  graph.out.byte(Op.Require)
  graph.string(filename)
  graph.remember(fn)
}

function originalOfPromisified(fn: object, site: FunctionSite): unknown {
  if (!isPromisified(sourceOf(fn))) return undefined
  return resolveName(fn, analyzed(sourceOf(fn))!, site, 'original')?.value
}
