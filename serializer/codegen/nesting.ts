// How the environments of shared variables are nested (spec: an Environment Record's [[OuterEnv]]), worked out from
// what is known: each variable's depth, and which variables one function sees. What one function sees is on one
// chain of environments.
import type { FunctionRecord, SharedVariable } from './records.ts'

export type Place =
  | { readonly kind: 'unit'; readonly unit: number }
  | { readonly kind: 'environment'; readonly environment: number; readonly child: number }
  | { readonly kind: 'class'; readonly record: number; readonly child: number }

/** A node of the tree that is written as text: an environment or a function. */
export interface Node {
  readonly record: FunctionRecord | null
  readonly variables: readonly SharedVariable[]
  parent: Node | null
  /** Null for none, as most functions have. */
  children: Node[] | null
  index: number
  /** Where it is, once it was written. */
  place: Place | null
}

const NO_VARIABLES: readonly SharedVariable[] = []
const NO_LINKS: readonly Link[] = []

/** An environment that a function sees variables of: its depth, and one of its variables' numbers. */
type Link = readonly [depth: number, variable: number]

export function nest(records: readonly FunctionRecord[]): { leaves: Node[]; environments: Node[] } {
  const leaves = records.map(
    (record): Node => ({
      record,
      variables: NO_VARIABLES,
      parent: null,
      children: null,
      index: record.index,
      place: null,
    }),
  )
  const sets = new DisjointSets()
  const chains = records.map((record) => chainOf(record, sets))
  const outer = outerEnvironments(chains, sets)
  const nodes = new Map<number, Node>()
  const environments: Node[] = []
  for (const variable of sets.items) {
    const environment = sets.find(sets.idOf(variable))
    let node = nodes.get(environment)
    if (!node) {
      node = {
        record: null,
        variables: [],
        parent: null,
        children: null,
        index: environments.length,
        place: null,
      }
      nodes.set(environment, node)
      environments.push(node)
    }
    ;(node.variables as SharedVariable[]).push(variable)
  }
  for (const [environment, node] of nodes) node.parent = nodes.get(innermost(outer.get(environment))) ?? null
  for (const [i, chain] of chains.entries()) {
    const last = chain.at(-1)
    leaves[i].parent = last ? nodes.get(sets.find(last[1]))! : null
  }
  for (const leaf of leaves)
    if (leaf.record!.privateHome) moveIntoClass(leaf, leaves[leaf.record!.privateHome.index])
  return { leaves, environments }
}

/** The environments that the function sees, outermost first. Variables at one depth are in one environment. */
function chainOf(record: FunctionRecord, sets: DisjointSets): readonly Link[] {
  const variables = sharedBy(record)
  if (variables.length === 0) return NO_LINKS
  const byDepth = new Map<number, number>()
  for (const variable of variables) {
    const id = sets.idOf(variable)
    const known = byDepth.get(variable.depth)
    if (known === undefined) byDepth.set(variable.depth, id)
    else sets.join(known, id)
  }
  return [...byDepth].sort((a, b) => a[0] - b[0])
}

/**
 * For each environment, those that are known to be around it, by depth. Around the nearest of these are all the others, too; two
 * that are around one environment at one depth are the same.
 */
function outerEnvironments(
  chains: readonly (readonly Link[])[],
  sets: DisjointSets,
): Map<number, Map<number, number>> {
  for (;;) {
    const outer = new Map<number, Map<number, number>>()
    const depths = new Map<number, number>()
    let joined = false
    const note = (inner: number, [depth, id]: Link) => {
      let around = outer.get(inner)
      if (!around) outer.set(inner, (around = new Map()))
      const known = around.get(depth)
      if (known === undefined) around.set(depth, id)
      else if (sets.join(known, id)) joined = true
    }
    for (const chain of chains) {
      for (const [i, [depth, id]] of chain.entries()) {
        depths.set(sets.find(id), depth)
        for (let j = 0; j < i; j++) note(sets.find(id), chain[j])
      }
    }
    // Innermost first, so that what a nearest one is told is complete when its own turn comes.
    for (const [environment] of [...depths].sort((a, b) => b[1] - a[1])) {
      const around = [...(outer.get(environment) ?? [])].sort((a, b) => b[0] - a[0])
      const [nearest, ...others] = around
      if (nearest) for (const link of others) note(sets.find(nearest[1]), link)
    }
    if (joined) continue
    for (const around of outer.values()) for (const [depth, id] of around) around.set(depth, sets.find(id))
    return outer
  }
}

function innermost(around: ReadonlyMap<number, number> | undefined): number {
  let nearest = -1
  for (const depth of around?.keys() ?? []) nearest = Math.max(nearest, depth)
  return around?.get(nearest) ?? -1
}

function sharedBy({ bindings, outerArguments }: FunctionRecord): readonly SharedVariable[] {
  if (outerArguments === null && !bindings.some(({ variable }) => variable)) return NO_VARIABLES
  const variables = bindings.flatMap(({ variable }) => variable ?? [])
  return outerArguments ? [...variables, outerArguments] : variables
}

/** A function that uses a class's private names goes into the class, together with environments that only it and its like have. */
function moveIntoClass(leaf: Node, home: Node): void {
  const around = new Set(ancestors(home))
  let node = leaf
  while (node.parent !== null && !around.has(node.parent) && node.parent !== home) node = node.parent
  node.parent = home
}

function* ancestors(node: Node): Generator<Node> {
  for (let next = node.parent; next; next = next.parent) yield next
}

/** Union-find over shared variables. */
class DisjointSets {
  readonly items: SharedVariable[] = []
  readonly #ids = new Map<SharedVariable, number>()
  readonly #parents: number[] = []

  idOf(variable: SharedVariable): number {
    let id = this.#ids.get(variable)
    if (id === undefined) {
      id = this.items.length
      this.#ids.set(variable, id)
      this.items.push(variable)
      this.#parents.push(id)
    }
    return id
  }

  find(id: number): number {
    while (this.#parents[id] !== id) id = this.#parents[id] = this.#parents[this.#parents[id]]
    return id
  }

  /** Returns whether they were apart. The smaller id stays, so that the order is stable. */
  join(a: number, b: number): boolean {
    const x = this.find(a)
    const y = this.find(b)
    if (x === y) return false
    this.#parents[Math.max(x, y)] = Math.min(x, y)
    return true
  }
}
