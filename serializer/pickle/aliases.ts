// Imports that have another name than the variable they read (`import { a as b }`, and every import of minified
// code): they must see what the variable's module writes. They are given the variable's own name in the functions'
// texts. (ECMAScript: an import binding is an indirection to a binding of another Module Environment Record.)
import type { Variable } from '../capture/index.ts'
import { freshNames, OWN_NAME } from '../codegen/leaf.ts'
import type { BindingRecord, FunctionRecord, SharedVariable } from '../codegen/records.ts'
import { isImport, scriptFacts } from './function-site.ts'
import type { SiteOf } from './homes.ts'
import { renameIn, type Writable } from './rename-in.ts'
import { Refusal } from './trace.ts'
import { type Use, valueNow, variableOf } from './variable-use.ts'

/** Finds imports of variables that the records write, and joins them to the variables. */
export function joinImports(records: readonly FunctionRecord[], siteOf: SiteOf): void {
  for (const { written, others } of alikeUses(records)) {
    const imports = others.filter(({ record, binding }) => isImport(siteOf(record.fn), binding.name))
    if (imports.length === 0) continue
    for (const uses of written) {
      const aliases = importsOf(uses, imports, siteOf)
      if (aliases.length > 0) join(uses[0], aliases, records)
    }
  }
  // Through an import, variables of several modules come to stand in one environment.
  for (const record of records) {
    for (const { variable, name } of record.bindings)
      if (variable && hidesAny(name, variable, records) && isImport(siteOf(record.fn), name))
        join({ record, binding: record.bindings.find((other) => other.variable === variable)! }, [], records)
  }
}

interface Alike {
  /** The uses of each variable that is written. */
  readonly written: Use[][]
  readonly others: Use[]
}

/** Uses of one depth and value: no code runs between the captures, so an import has the value of its variable. */
function alikeUses(records: readonly FunctionRecord[]): Alike[] {
  const groups = new Map<number, Map<unknown, Alike>>()
  const known = new Map<SharedVariable, Use[]>()
  for (const record of records) {
    for (const binding of record.bindings) {
      const { variable, depth, value } = binding
      if (!binding.written || binding.kind !== 'value' || depth < 0) continue
      const uses = [{ record, binding }]
      if (variable) {
        const others = known.get(variable)
        if (others) {
          others.push(...uses)
          continue
        }
        known.set(variable, uses)
      }
      let values = groups.get(depth)
      if (!values) groups.set(depth, (values = new Map()))
      const group = values.get(value)
      if (group) group.written.push(uses)
      else values.set(value, { written: [uses], others: [] })
    }
  }
  if (groups.size === 0) return []
  for (const record of records) {
    for (const binding of record.bindings) {
      if (binding.variable || !canBeAlias(record, binding)) continue
      groups.get(binding.depth)?.get(binding.value)?.others.push({ record, binding })
    }
  }
  return [...groups.values()]
    .flatMap((values) => [...values.values()])
    .filter(({ others }) => others.length > 0)
}

/** What a direct `eval` sees is mostly of no interest to it, unless the function has the name. */
function canBeAlias(record: FunctionRecord, { kind, name, written }: BindingRecord): boolean {
  if (record.facts.directEval) return kind === 'const' && mentions(record, name)
  return kind === (written ? 'const' : 'value')
}

/** Those of the imports that read what is written to the variable. */
function importsOf(uses: readonly Use[], imports: readonly Use[], siteOf: SiteOf): Use[] {
  const variable = writable(uses)
  if (!variable) {
    for (const use of imports) refuseLikely(use, uses[0], siteOf)
    return []
  }
  // Asking an import for the first time reads it: before the variable has another value.
  const readers = imports.map((use) => ({ use, reader: variableOf(use) }))
  const mark = {}
  variable.set(mark)
  try {
    return readers.flatMap(({ use, reader }) => {
      const value = reader ? reader.kind === 'const' && reader.get() : valueNow(use)
      return value === mark ? use : []
    })
  } finally {
    variable.set(uses[0].binding.value)
  }
}

/** Access through one that may assign it. (A direct `eval` looks as if it did, and may have an import of it.) */
function writable(uses: readonly Use[]): Variable | undefined {
  for (const use of uses) {
    const variable = variableOf(use)
    if (variable?.kind === 'mutable') return variable
  }
  return undefined
}

/** No function can be asked for the variable: is it likely to be the one that is imported? */
function refuseLikely({ record, binding }: Use, owner: Use, siteOf: SiteOf): void {
  const { script } = siteOf(record.fn)
  if (script === siteOf(owner.record.fn).script || !script) return
  if (scriptFacts(script).imports.get(binding.name)?.imported !== owner.binding.name) return
  throw new Refusal(
    `${record.name || 'a function'} imports \`${binding.name}\`, which may be the variable that ${owner.record.name || 'a class'} assigns in a field, and V8 does not tell`,
    `Assign \`${owner.binding.name}\` in a constructor or a method, or in a function of its own`,
    { at: record.fn },
  )
}

/** Makes the aliases uses of the variable, under one name that means nothing else to any of them. */
function join(owner: Use, aliases: readonly Use[], records: readonly FunctionRecord[]): void {
  for (const { record, binding } of aliases) {
    if (!record.facts.directEval) continue
    throw new Refusal(
      `a direct \`eval\` in ${record.name || 'a function'} may read the import \`${binding.name}\`, which is called \`${owner.binding.name}\` where it is assigned`,
      `Import it under its own name: import { ${owner.binding.name} }`,
      { at: record.fn },
    )
  }
  const { binding } = owner
  const variable: SharedVariable = binding.variable ?? { name: binding.name, depth: binding.depth }
  binding.variable = variable
  const members = records.flatMap((record) =>
    record.bindings.flatMap((other) => (other.variable === variable ? { record, binding: other } : [])),
  )
  const isFree = (name: string) =>
    !hidesAny(name, variable, records) &&
    aliases.every(({ record, binding }) => binding.name === name || !mentions(record, name))
  let { name } = variable
  if (!isFree(name)) {
    const fixed = members.find(({ record }) => record.asDeclaration || record.facts.directEval)
    if (fixed) {
      throw new Refusal(
        `an import follows the variable \`${name}\` of another module, and both use that name for something else, too`,
        `Give the variable \`${name}\` a name that is nowhere else`,
        { at: fixed.record.fn },
      )
    }
    do name += '$'
    while (!isFree(name) || members.some(({ record }) => mentions(record, name)))
    for (const member of members) rename(member, name)
    ;(variable as { name: string }).name = name
  }
  for (const alias of aliases) {
    rename(alias, name, alias.binding.kind === 'const' ? assignedMember(alias, variable) : name)
    alias.binding.kind = 'value'
    alias.binding.variable = variable
  }
}

/** What the function assigns in the import's place: a member that reads the variable, and throws as the import does. */
function assignedMember({ record, binding }: Use, variable: SharedVariable): string {
  const imports = (record.assignedImports ?? {
    name: freshNames(record)(`${OWN_NAME}imports`),
    members: new Map(),
  }) satisfies FunctionRecord['assignedImports']
  ;(record as Writable<FunctionRecord>).assignedImports = imports
  imports.members.set(binding.name, variable)
  return `${imports.name}.${binding.name}`
}

/** Could another variable of that name be nearer to a function, or stand in the same environment? */
function hidesAny(name: string, variable: SharedVariable, records: readonly FunctionRecord[]): boolean {
  return records.some((record) =>
    record.bindings.some(
      (other) =>
        other.variable !== null &&
        other.variable !== variable &&
        other.name === name &&
        other.depth >= variable.depth,
    ),
  )
}

function textOf(record: FunctionRecord): string {
  return record.literal ? record.literal.map((part) => part.text).join('\n') : record.text
}

/** ECMAScript: IdentifierPartChar, and the escapes that a name may be written with. */
const PART = '[\\p{ID_Continue}$]'
const ESCAPE = /\\u(?:\{([\da-f]+)\}|([\da-f]{4}))/gi

/** Is the name a word of the function's text? */
function mentions(record: FunctionRecord, name: string): boolean {
  const text = textOf(record).replace(ESCAPE, (_, code, digits) => {
    return String.fromCodePoint(Math.min(Number.parseInt(code ?? digits, 16), 0x10_ff_ff))
  })
  const word = name.replaceAll('$', '\\$')
  return text.includes(name) && new RegExp(`(?<!${PART})${word}(?!${PART})`, 'u').test(text)
}

function rename({ record, binding }: Use, name: string, written: string = name): void {
  renameIn(record, binding.name, name, written)
  ;(binding as Writable<BindingRecord>).name = name
}
