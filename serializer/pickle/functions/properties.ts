// The own properties of a function: most have those that it was made with, and no more.
import type { FunctionFacts } from '../../analyze/index.ts'
import { hasUsualProperties, usualPrototype } from '../function-shape.ts'
import type { GraphWriter } from '../graph-writer.ts'

export function writeProperties(graph: GraphWriter, fn: object, facts: FunctionFacts): void {
  graph.changedPrototype(fn, usualPrototype(facts))
  if (hasUsualProperties(fn, facts)) graph.byte(0)
  else {
    graph.byte(1)
    graph.properties(fn, ['arguments', 'caller'], false)
  }
}
