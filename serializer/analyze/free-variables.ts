// From the uses of names in one text to its free variables: one record for each name that the text does not declare.
import type { FreeVariable } from './facts.ts'
import { type Scope, type ScopeTree, Use } from './scope.ts'

/** What the names in a text come to. */
export interface NameFacts {
  readonly free: readonly FreeVariable[]
  readonly ownNameUsed: boolean
  readonly ownNameWritten: boolean
  readonly lexicalArguments: boolean
}

/** The uses of one free name so far. */
class Uses {
  written = false
  typeofOnly = true
  members: Set<string> | null = null
  allMembers = true
  definitionOnly = true

  add(flags: number, member: string | null): void {
    if (flags & Use.definition) {
      if (!this.definitionOnly) return
    } else if (this.definitionOnly) {
      // What was said of code that does not remain is forgotten.
      this.written = false
      this.typeofOnly = this.allMembers = true
      this.members = null
      this.definitionOnly = false
    }
    if (flags & Use.write) this.written = true
    if (!(flags & Use.typeof)) this.typeofOnly = false
    if (member === null) this.allMembers = false
    else if (this.allMembers) (this.members ??= new Set()).add(member)
  }

  facts(name: string): FreeVariable {
    const { written, typeofOnly, definitionOnly } = this
    const members = this.allMembers && this.members !== null ? [...this.members] : null
    return { name, written, members, typeofOnly, definitionOnly }
  }
}

/** `ownScope` is the scope of the function's or class's own name. */
export function summarizeNames(tree: ScopeTree, ownScope: Scope | null): NameFacts {
  const usesOf = new Map<string, Uses>()
  let ownNameUsed = false
  let ownNameWritten = false
  let lexicalArguments = false
  for (let index = 0; index < tree.names.length; index++) {
    const flags = tree.flags[index]
    const scope = tree.declaredBy(index)
    if (scope !== null) {
      if (scope !== ownScope || flags & Use.definition) continue
      ownNameUsed = true
      if (flags & Use.write) ownNameWritten = true
      continue
    }
    const name = tree.names[index]
    if (name === 'arguments') {
      if (!(flags & Use.definition)) lexicalArguments = true
      continue
    }
    let uses = usesOf.get(name)
    if (uses === undefined) usesOf.set(name, (uses = new Uses()))
    uses.add(flags, tree.members[index])
  }
  const free = Array.from(usesOf, ([name, uses]) => uses.facts(name))
  return { free, ownNameUsed, ownNameWritten, lexicalArguments }
}

/** The free names among the uses from one index to another. */
export function freeNames(tree: ScopeTree, from: number, to: number): readonly string[] {
  const names = new Set<string>()
  for (let index = from; index < to; index++) {
    if (tree.declaredBy(index) === null) names.add(tree.names[index])
  }
  return [...names]
}
