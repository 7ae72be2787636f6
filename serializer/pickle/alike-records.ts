// Do two dumps have the same code? All that it depends on, of functions that have nothing special (no class, nothing that is
// rebuilt within another thing), is kept to compare with; no value of the user's is among it.
import type { FunctionRecord, SharedVariable } from '../codegen/records.ts'

interface BindingLikeness {
  readonly kind: string
  readonly name: string
  /** The variable that it shares with others, counted as they are met; -1 for none. */
  readonly variable: number
  readonly variableName: string
  readonly depth: number
}

export type Likeness = Pick<
  FunctionRecord,
  'facts' | 'name' | 'origin' | 'strict' | 'lexical' | 'asDeclaration'
> & { readonly bindings: readonly BindingLikeness[] }

/** Can the function be compared? */
export function isSimple(record: FunctionRecord): boolean {
  // (There may be none for a function that was refused.)
  if (!record || record.facts.form === 'class' || record.literal || record.privateHome) return false
  if (record.bindings.some(({ isConstantView }) => isConstantView)) return false
  return !record.outerArguments && !record.awayFromHome && !record.assignedImports
}

export function likenessOf(records: readonly FunctionRecord[]): Likeness[] {
  const met: SharedVariable[] = []
  return records.map(({ facts, name, origin, strict, lexical, asDeclaration, bindings }) => ({
    facts,
    name,
    origin,
    strict,
    lexical,
    asDeclaration,
    bindings: bindings.map(({ kind, name: own, variable }) => {
      if (!variable) return { kind, name: own, variable: -1, variableName: '', depth: 0 }
      if (!met.includes(variable)) met.push(variable)
      return {
        kind,
        name: own,
        variable: met.indexOf(variable),
        variableName: variable.name,
        depth: variable.depth,
      }
    }),
  }))
}

export function areAlike(known: readonly Likeness[], records: readonly FunctionRecord[]): boolean {
  if (known.length !== records.length) return false
  const met: SharedVariable[] = []
  for (let i = 0; i < known.length; i++) if (!isAlike(known[i], records[i], met)) return false
  return true
}

function isAlike(known: Likeness, record: FunctionRecord, met: SharedVariable[]): boolean {
  if (!isSimple(record)) return false
  const { bindings } = record
  if (
    known.facts !== record.facts ||
    known.name !== record.name ||
    known.origin !== record.origin ||
    known.strict !== record.strict ||
    known.lexical !== record.lexical ||
    known.asDeclaration !== record.asDeclaration ||
    known.bindings.length !== bindings.length
  )
    return false
  for (let i = 0; i < bindings.length; i++) {
    const { kind, name, variable } = bindings[i]
    const likeness = known.bindings[i]
    if (likeness.kind !== kind || likeness.name !== name) return false
    if (variable === null ? likeness.variable >= 0 : !isSameVariable(likeness, variable, met)) return false
  }
  return true
}

/** The same one of those that were met, or another one where there was another one. */
function isSameVariable(known: BindingLikeness, variable: SharedVariable, met: SharedVariable[]): boolean {
  if (known.variableName !== variable.name || known.depth !== variable.depth) return false
  if (variable.call !== undefined) return false
  if (known.variable < met.length) return met[known.variable] === variable && known.variable >= 0
  if (known.variable > met.length || met.includes(variable)) return false
  met.push(variable)
  return true
}
