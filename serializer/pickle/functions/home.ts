// What only the place tells where a function was written: the class of its private names, and what `super` means to it.
import type { FunctionFacts } from '../../analyze/index.ts'
import { homeOf as findHome, privateHomeOf } from '../homes.ts'
import { Op } from '../opcodes.ts'
import { knownHome, knownSuperHome } from '../source.ts'
import type { FunctionContext } from './context.ts'

/** The live class whose private names the function uses. */
export function classAround(context: FunctionContext, fn: object, facts: FunctionFacts): object {
  const home = privateHomeOf(fn, facts, context.siteOf)
  if (home) return home
  context.graph.refuse(
    `it uses the private name #${facts.privateNames[0]} of a class that could not be found`,
    'Pickle the class together with it, or use a method of the class in its place',
  )
}

/** What stands for `super` in a function that is rebuilt away from its home. */
export function writeSuper(context: FunctionContext, fn: object, home: object): void {
  const { graph } = context
  graph.out.byte(Op.Super)
  graph.remember(fn)
  graph.later(fn, () => {
    graph.step('slot', 'HomeObject')
    graph.value(home)
  })
}

/** The class or object literal that the method was written in. */
export function homeOf(context: FunctionContext, fn: object, facts: FunctionFacts): object | undefined {
  if (knownSuperHome(fn)) return undefined
  return knownHome(fn) ?? findHome(fn, facts, context.siteOf)?.holder
}

export function superHomeOf(context: FunctionContext, fn: object, facts: FunctionFacts): object {
  const home = knownSuperHome(fn) ?? findHome(fn, facts, context.siteOf)?.object
  if (home) return home
  context.graph.refuse(
    'it uses `super`, and the class or object that it was written in could not be found',
    'Read what it needs from `super` into a variable, or pickle the object or class that has the method',
  )
}

/** The home is written first, and gives the method its number; what stands here then is a reference to it. */
export function writeAfterHome(context: FunctionContext, fn: object, home: object): void {
  const { graph } = context
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
