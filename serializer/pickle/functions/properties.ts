// The own properties of a function: most have those that it was made with, and no more.
import type { FunctionFacts } from '../../analyze/index.ts'
import { ownOfSloppy, privateElements } from '../../capture/index.ts'
import { hasUsualProperties, usualPrototype } from '../function-shape.ts'
import type { GraphWriter } from '../graph-writer.ts'

const { getPrototypeOf } = Reflect

export function writeProperties(graph: GraphWriter, fn: object, facts: FunctionFacts): void {
  const usual = usualPrototype(facts)
  if (getPrototypeOf(fn) !== usual) refusePrivateFields(graph, fn)
  graph.changedPrototype(fn, usual)
  if (hasUsualProperties(fn, facts)) graph.byte(0)
  else {
    graph.byte(1)
    graph.properties(fn, ownOfSloppy(fn), false)
  }
}

/** An instance of a class that extends Function: only a construction could give its private fields again. */
function refusePrivateFields(graph: GraphWriter, fn: object): void {
  const [field] = privateElements(fn)
  if (!field) return
  graph.refuse(
    `it is a function with the private field ${field.name.startsWith('#') ? '' : '#'}${field.name} of a class that it is an instance of`,
    'Keep that state in a property or a WeakMap',
  )
}
