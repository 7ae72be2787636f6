// Which functions of a bundle share a variable. Only a variable that some function writes and another one uses can
// show whether it is shared; everything else is copied. V8's scopes are snapshots and do not tell, so a unique mark
// is written through one closure and looked for through the others. Nobody sees it: no user code runs meanwhile.

import type { Declaration } from '../analyze/index.ts'
import { contextWith, type Variable } from '../capture/index.ts'
import type { FunctionRecord, SharedVariable } from '../codegen/records.ts'
import { joinImports } from './aliases.ts'
import { alikeScopes, ScopesByLook } from './alike-scopes.ts'
import { declarationOf, onlyRunOf } from './function-site.ts'
import type { SiteOf } from './homes.ts'
import { KnownContexts } from './known-contexts.ts'
import { Refusal } from './trace.ts'
import { type Use, valuesNow, variableOf, type Wanted } from './variable-use.ts'

/** Decides, for every binding of the records, whether it is a copy, a constant or a shared variable. */
export function findSharing(records: readonly FunctionRecord[], siteOf: SiteOf): void {
  const written = new Set<string>()
  for (const record of records)
    for (const binding of record.bindings)
      if (binding.written && binding.kind === 'value') written.add(binding.name)
  if (written.size === 0) return
  const uses = new Map<string, Use[]>()
  for (const record of records) {
    for (const binding of record.bindings) {
      if (binding.kind !== 'value' || !written.has(binding.name)) continue
      // What travels of Node's own functions has its variables for itself, and can't be asked.
      if (siteOf(record.fn).script?.url.startsWith('node:')) {
        if (binding.written) share([{ record, binding }])
        continue
      }
      const group = uses.get(binding.name)
      if (group) group.push({ record, binding })
      else uses.set(binding.name, [{ record, binding }])
    }
  }
  const open: Group[] = []
  for (const named of uses.values()) {
    for (const alike of byValue(named)) {
      for (const [declaration, group] of byDeclaration(alike, siteOf)) {
        if (!group.some((use) => use.binding.written)) continue
        if (isOneVariable(group, declaration, siteOf)) share(group)
        else open.push({ uses: group, isVariable: declaration !== null })
      }
    }
  }
  const wanted = namesByFunction(open)
  const asked: Asked = { wanted, isMany: wanted.size > MOST_KEPT, contexts: new KnownContexts() }
  for (const group of open) partition(group, asked)
  joinImports(records, siteOf)
}

/**
 * Of two declarations there is no one variable. Where the text does not tell of all uses, they stay together, without a
 * declaration.
 */
function byDeclaration(uses: readonly Use[], siteOf: SiteOf): Map<Declaration | null, Use[]> {
  const groups = new Map<Declaration | null, Use[]>()
  for (const use of uses) {
    const declaration =
      use.binding.depth === -1 ? null : declarationOf(siteOf(use.record.fn), use.binding.name)
    // An import is another module's variable.
    if (!declaration || declaration.immutable) return new Map([[null, [...uses]]])
    const group = groups.get(declaration)
    if (group) group.push(use)
    else groups.set(declaration, [use])
  }
  return groups
}

/** Is it certain, by the text alone, that the uses are of one variable, which can be written? */
function isOneVariable(group: readonly Use[], declaration: Declaration | null, siteOf: SiteOf): boolean {
  // One global object, one variable.
  if (!declaration) return group[0].binding.depth === -1
  // Nobody shares it: all that matters is that it could be written.
  if (group.length === 1) return true
  // Scripts of one text have their declarations in common.
  const runs = new Set(declaration.once ? group.map(({ record }) => onlyRunOf(siteOf(record.fn))) : [null])
  return runs.size === 1 && !runs.has(null)
}

/** Uses that may be of one variable. */
interface Group {
  readonly uses: readonly Use[]
  /** By the text it is one that can be written: no constant, and no import. */
  readonly isVariable: boolean
}

/** What each function will be asked for, so that it is asked once. */
function namesByFunction(groups: readonly Group[]): ReadonlyMap<object, readonly string[]> {
  const names = new Map<object, string[]>()
  for (const { uses } of groups) {
    for (const { record, binding } of uses) {
      const known = names.get(record.fn)
      if (known) known.push(binding.name)
      else names.set(record.fn, [binding.name])
    }
  }
  return names
}

/** With more functions to ask, the way to their variables is not kept for the next time, and who only reads is not asked. */
const MOST_KEPT = 200

interface Asked {
  readonly wanted: Wanted
  readonly isMany: boolean
  readonly contexts: KnownContexts
}

/** No code runs between the captures, so bindings of one variable have one value and stand at one depth. */
function byValue(uses: readonly Use[]): Use[][] {
  const groups = new Map<string, Map<unknown, Use[]>>()
  for (const use of uses) {
    const script = String(use.binding.depth)
    let values = groups.get(script)
    if (!values) groups.set(script, (values = new Map()))
    const same = values.get(use.binding.value)
    if (same) same.push(use)
    else values.set(use.binding.value, [use])
  }
  return [...groups.values()].flatMap((values) => [...values.values()])
}

interface Marked {
  readonly restore: () => void
  readonly members: Use[]
}

function partition({ uses, isVariable }: Group, { wanted, isMany, contexts }: Asked): void {
  const known = isVariable ? contexts.split(uses) : null
  if (known) {
    shareWritten(known)
    return
  }
  const marked = new Map<unknown, Marked>()
  const readers: [use: Use, variable: Variable][] = []
  /** Functions that can't be asked (classes with nothing but fields), or need not be. */
  const silent: Use[] = []
  const ask = (use: Use): boolean => {
    const variable = variableOf(use, wanted, !isMany)
    if (!variable) silent.push(use)
    else if (variable.kind === 'mutable') mark(use, variable, marked)
    else readers.push([use, variable])
    return variable !== undefined
  }
  let unseen: readonly Use[]
  try {
    const [writers, others] = isMany ? byWriting(uses) : [uses, []]
    // To look at a function takes a tenth of the time: one of those whose scopes look alike is asked, then all are looked at.
    const [first, rest] = isMany && isVariable ? oneOfEachLook(writers) : [writers, []]
    let allTold = first.filter((use) => !ask(use)).length === 0
    for (const use of unmarked(rest, marked)) allTold = ask(use) && allTold
    for (const use of others) if (!allTold) ask(use)
    // Where an import of it can't be written, it still reads what the module writes.
    for (const [use, variable] of readers) {
      const known = variable.kind === 'const' ? marked.get(variable.get()) : undefined
      if (known) {
        known.members.push(use)
        if (use.binding.written) makeConstantView(use)
      } else if (use.binding.written) use.binding.kind = 'const'
    }
    if (allTold) silent.push(...others)
    unseen = unmarked(silent, marked)
    if (isVariable && unseen.length === 0) for (const { members } of marked.values()) contexts.note(members)
  } finally {
    for (const { restore } of marked.values()) restore()
  }
  shareWritten(bySight(unseen))
  shareWritten([...marked.values()].map(({ members }) => members))
}

function oneOfEachLook(uses: readonly Use[]): [first: Use[], rest: Use[]] {
  const looks = new ScopesByLook()
  const first = uses.filter(({ binding }) => looks.isNew(binding.scope))
  const asked = new Set(first)
  return [first, uses.filter((use) => !asked.has(use))]
}

function byWriting(uses: readonly Use[]): [writers: Use[], others: Use[]] {
  return [uses.filter(({ binding }) => binding.written), uses.filter(({ binding }) => !binding.written)]
}

/** Uses whose variable has no mark; the others go to it. */
function unmarked(uses: readonly Use[], marked: ReadonlyMap<unknown, Marked>): readonly Use[] {
  if (marked.size === 0) return uses
  const values = valuesNow(uses)
  return uses.filter((use, i) => !marked.get(values[i])?.members.push(use))
}

/** For a direct `eval`, which may assign the import. */
function makeConstantView({ record, binding }: Use): void {
  // There its code would stand within the class, which is strict, and has no `with` statement.
  if (record.privateHome) {
    throw new Refusal(
      `a direct \`eval\` in ${record.name || 'a function'}, which uses private names, may assign the import \`${binding.name}\`, which other functions assign`,
      `Keep private names out of functions with a direct \`eval\``,
      { at: record.fn },
    )
  }
  binding.isConstantView = true
}

function mark(use: Use, variable: Variable, marked: Map<unknown, Marked>): void {
  const known = marked.get(variable.get())
  if (known) {
    known.members.push(use)
    return
  }
  const mark = {}
  variable.set(mark)
  marked.set(mark, { restore: () => variable.set(use.binding.value), members: [use] })
}

/** Uses that nothing can be written through: together if their scopes look alike, and are one to a heap snapshot. */
function bySight(uses: readonly Use[]): Use[][] {
  if (!uses.some(isWriter)) return []
  const groups: Use[][] = []
  for (const use of uses) {
    const { record, binding } = use
    const group = groups.find(
      ([other]) =>
        alikeScopes(binding.scope, other.binding.scope) &&
        contextWith(record.fn, binding.name) === contextWith(other.record.fn, binding.name),
    )
    if (group) group.push(use)
    else groups.push([use])
  }
  return groups
}

/** Who only reads a variable has it as a copy. */
function shareWritten(groups: readonly Use[][]): void {
  for (const uses of groups) if (uses.some(isWriter)) share(uses)
}

function isWriter({ binding }: Use): boolean {
  return binding.written && binding.kind === 'value'
}

function share(uses: readonly Use[]): void {
  if (uses.length < 2) return
  const variable: SharedVariable = { name: uses[0].binding.name, depth: uses[0].binding.depth }
  for (const use of uses) if (use.binding.kind === 'value') use.binding.variable = variable
}
