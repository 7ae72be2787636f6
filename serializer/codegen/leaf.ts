// The template of one function: a factory whose call makes the function in its own environment and returns
// `[holder, setter]`. The function sits in the holder under its name, so that it is named as the
// specification names it (NamedEvaluation); the setter fills the bindings later, so that cycles need no order.
import MagicString from 'magic-string'
import type { FunctionFacts } from '../analyze/facts.ts'
import { CONSTANT_VIEW } from '../constant-view.ts'
import { editClass, heritageName } from './class-body.ts'
import { type AssignedImports, type BindingRecord, type FunctionRecord, staticKey } from './records.ts'

/** Begins the names that a template declares beside the user's: a direct `eval` in its function sees them. */
export const OWN_NAME = '$cornichon_'
/** The variable of a function that is rebuilt away from its home object: see super.ts. */
export const SUPER_NAME = `${OWN_NAME}super`

/** The text of a factory for the record; `children` are templates that need the class's private names. */
export function emitLeaf(record: FunctionRecord, children: readonly string[]): string {
  const template = emitTemplate(record, children)
  const constants = record.bindings.filter(({ isConstantView }) => isConstantView)
  if (constants.length === 0) return template
  // A direct eval names the variables: they can't be called otherwise, and only a `with` statement's object reads them
  // as they are and throws when they are written. It stands around the strict code.
  const members = constants.map(({ name, variable }) => emitConstant(name, variable!.name))
  const all = `${OWN_NAME}all`
  const view = `with ({ ${members.join(', ')}, ${CONSTANT_VIEW}: true })`
  // An arrow function, where `arguments` may be those around it.
  return record.lexical === 'none'
    ? `(...${all}) => { ${view} return (${template})(...${all}) }`
    : `function (...${all}) { ${view} return (${template}).apply(this, ${all}) }`
}

function emitTemplate(record: FunctionRecord, children: readonly string[]): string {
  const fresh = freshNames(record)
  const own = record.bindings.filter((binding) => binding.variable === null)
  const values = own.filter((binding) => binding.kind === 'value' && !declares(record, binding))
  const constants = own.filter((binding) => binding.kind === 'const')
  const dead = own.filter((binding) => binding.kind === 'dead')

  const isClass = record.facts.form === 'class'
  const names = {
    heritage: (isClass && heritageName(record)) || fresh(`${OWN_NAME}heritage`),
    keys: fresh(`${OWN_NAME}keys`),
    hook: fresh(`${OWN_NAME}hook`),
    meta: fresh(`${OWN_NAME}meta`),
  }
  const settable = own.filter((binding) => binding.kind === 'value')
  const set = fresh('$')
  const setter = `${set} => { ${settable.map((binding, i) => `${binding.name} = ${set}[${i}]`).join('; ')} }`

  const body: string[] = []
  if (record.strict && !isClass) body.push("'use strict';")
  if (values.length > 0) body.push(`var ${values.map((binding) => binding.name).join(', ')};`)
  if (record.assignedImports) body.push(emitAssigned(record.assignedImports))
  let holder: string
  if (record.asDeclaration) {
    body.push(`${record.text};`)
    holder = `{ ${computedKey(record.name)}: ${record.facts.ownName} }`
  } else if (record.literal) {
    holder = `{ ${record.literal.map((part) => editText(part.text, part.facts, part.key, names.meta, null)).join(',\n')} }`
  } else {
    holder = emitHolder(
      record,
      isClass
        ? editClass(record, names, children)
        : editText(
            record.text,
            record.facts,
            record.name,
            names.meta,
            record.awayFromHome ? SUPER_NAME : null,
          ),
    )
  }
  const result = `[${holder}, ${setter}]`
  if (constants.length > 0) {
    const given = fresh(`${OWN_NAME}given`)
    body.push(`const ${given} = yield ${result};`)
    body.push(`const ${constants.map((binding, i) => `${binding.name} = ${given}[${i}]`).join(', ')};`)
    body.push('return;')
  } else body.push(`return ${result};`)
  if (dead.length > 0) body.push(`let ${dead.map((binding) => binding.name).join(', ')};`)

  const parameters =
    isClass || record.facts.importMeta
      ? `(${names.heritage}, ${names.keys}, ${names.hook}, ${names.meta})`
      : '()'
  const text = body.join('\n')
  if (constants.length > 0) return `function* ${parameters} {\n${text}\n}`
  if (record.lexical !== 'none') return `function ${parameters} {\n${text}\n}`
  return `${parameters} => {\n${text}\n}`
}

/** Assigning an import throws, and what it reads is the variable: the object that assignments go to does both. */
function emitAssigned({ name, members }: AssignedImports): string {
  const accessors = [...members].map(([member, variable]) => emitConstant(member, variable.name))
  return `const ${name} = { ${accessors.join(', ')} };`
}

function emitConstant(member: string, variable: string): string {
  return `get ${member}() { return ${variable} }, set ${member}($) { const constant = 0; constant = $ }`
}

/** A declaration's own name is declared by the declaration itself. */
function declares(record: FunctionRecord, binding: BindingRecord): boolean {
  return record.asDeclaration && binding.name === record.facts.ownName
}

function emitHolder(record: FunctionRecord, text: string): string {
  switch (record.facts.form) {
    case 'method':
    case 'getter':
    case 'setter':
      return `{ ${text} }`
    default:
      return `{ ${computedKey(record.name)}: ${namesItself(record) ? `(0, ${text})` : text} }`
  }
}

/**
 * A class without a name whose static method or accessor is called `name`: V8 would put the name that a computed key
 * gives in its place.
 */
function namesItself({ facts, name }: FunctionRecord): boolean {
  if (facts.form !== 'class' || facts.ownName !== null) return false
  return facts.classFacts!.elements.some(({ isStatic, kind, key }) => {
    if (!isStatic || kind === 'field' || key === null || key.kind === 'private') return false
    const known = staticKey(key)
    return known === 'name' || (known === null && name === '')
  })
}

/** Computed, so that a function called `__proto__` is no prototype. */
function computedKey(name: string): string {
  return `[${JSON.stringify(name)}]`
}

/**
 * Edits of a function's text: a key that can't be evaluated again, `import.meta`, which only modules may say, and
 * `super` away from its home.
 */
function editText(
  text: string,
  facts: FunctionFacts,
  name: string,
  meta: string,
  superName: string | null,
): string {
  const key = facts.key
  const computed = key?.kind === 'computed' && key.constant === null
  if (!computed && key?.kind !== 'private' && !facts.importMeta && !superName) return text
  const edits = new MagicString(text)
  const keyRange = computed ? key.range : null
  for (const range of facts.importMetaRanges) {
    if (!keyRange || range.start < keyRange.start || range.end > keyRange.end)
      edits.overwrite(range.start, range.end, meta)
  }
  if (superName)
    for (const { start, end, called } of facts.superRanges)
      edits.overwrite(start, end, called ? `${superName}(this, true)` : `${superName}(this)`)
  if (keyRange) edits.overwrite(keyRange.start, keyRange.end, computedKey(plainName(name)))
  if (key?.kind === 'private') {
    const at = text.indexOf(`#${key.name}`)
    edits.overwrite(at, at + key.name.length + 1, computedKey(`#${key.name}`))
  }
  return edits.toString()
}

/** An accessor's name has its prefix already, by the key. */
function plainName(name: string): string {
  return name.startsWith('get ') || name.startsWith('set ') ? name.slice(4) : name
}

/** Names that occur nowhere in the function's text; the same request gives the same name. */
export function freshNames(record: FunctionRecord): (name: string) => string {
  const given = new Map<string, string>()
  const bound = new Set(record.bindings.map((binding) => binding.name))
  const texts = record.literal ? record.literal.map((part) => part.text) : [record.text]
  return (wanted) => {
    let name = given.get(wanted)
    if (name === undefined) {
      name = wanted
      while (bound.has(name) || texts.some((text) => text.includes(name!))) name += '$'
      given.set(wanted, name)
    }
    return name
  }
}
