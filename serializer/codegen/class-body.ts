// Edits a class's text so that evaluating it again defines the class and does nothing else: static blocks,
// static initializers, computed keys and the heritage expression do not run again, and private state can be
// put back without running a constructor.
//
// Restoring: `hook.r` is true while an instance is stamped with its private elements. Then a constructor
// returns at once (a derived one calls super() first, which the loader makes return the instance), and
// initializers with effects are skipped. (ECMAScript: InitializeInstanceElements runs at the start of a base
// constructor and at the return of super().)
import MagicString from 'magic-string'
import { type FunctionRecord, privateFields, stampsInstances } from './records.ts'

export interface ClassNames {
  readonly heritage: string
  readonly keys: string
  readonly hook: string
  readonly meta: string
}

export function editClass(record: FunctionRecord, names: ClassNames, children: readonly string[]): string {
  const facts = record.facts.classFacts!
  const edits = new MagicString(record.text)
  if (facts.heritage && !facts.heritage.isNull && heritageName(record) === null)
    edits.overwrite(facts.heritage.start, facts.heritage.end, ` ${names.heritage}`)

  for (const range of remaining(record)) edits.overwrite(range.start, range.end, names.meta)

  const stamps = stampsInstances(record.facts)
  for (const [i, element] of facts.elements.entries()) {
    const { range, initializer, key } = element
    if (record.removedElements.has(i) || element.kind === 'static-block') {
      edits.overwrite(range.start, range.end, ';')
      continue
    }
    if (element.kind === 'field' && element.isStatic) {
      if (key?.kind === 'private') {
        if (initializer) edits.overwrite(initializer.start, initializer.end, 'void 0')
      } else if (!element.pure || (key?.kind === 'computed' && key.constant === null)) {
        edits.overwrite(range.start, range.end, ';')
        continue
      }
    }
    const computed = record.elementKeys.get(i)
    if (computed !== undefined && key?.kind === 'computed')
      edits.overwrite(key.range.start, key.range.end, `[${names.keys}[${computed}]]`)
    if (stamps && element.kind === 'field' && !element.isStatic && initializer && !element.pure) {
      edits.appendLeft(initializer.start, `${names.hook}.r ? void 0 : (`)
      edits.appendLeft(initializer.end, ')')
    }
    if (stamps && element.kind === 'constructor' && element.bodyStart !== null) {
      edits.appendRight(
        element.bodyStart,
        `if (${names.hook}.r) { ${facts.heritage ? 'super(); ' : ''}return }`,
      )
    }
  }
  if (needsHook(record) || children.length > 0)
    edits.appendLeft(facts.body.end, hookBlock(record, names.hook, children))
  return edits.toString()
}

/** The `import.meta` of code that stays: an edit within a removed part would collide with the removal. */
function remaining(record: FunctionRecord) {
  const facts = record.facts.classFacts!
  const removed = facts.elements.filter((element, i) => {
    if (record.removedElements.has(i) || element.kind === 'static-block') return true
    return element.kind === 'field' && element.isStatic && !element.pure
  })
  const gone = [...removed.map((element) => element.range), ...(facts.heritage ? [facts.heritage] : [])]
  return record.facts.importMetaRanges.filter(
    (range) => !gone.some((part) => part.start <= range.start && range.end <= part.end),
  )
}

/** Whether the class's text has to be changed at all for its private state. */
export function needsHook(record: FunctionRecord): boolean {
  return stampsInstances(record.facts) || privateFields(record, true).length > 0
}

/** A static block that hands accessors of the private fields, and the functions that use private names, to the loader. */
function hookBlock(record: FunctionRecord, hook: string, children: readonly string[]): string {
  const accessors = (isStatic: boolean) =>
    privateFields(record, isStatic)
      .map((name) => `[o => o.#${name}, (o, v) => { o.#${name} = v }]`)
      .join(', ')
  return `;static { ${hook}.p = [${accessors(false)}]; ${hook}.q = [${accessors(true)}]; ${hook}.c = [${children.join(',\n')}] }`
}

/** A heritage that is a plain name need not be edited: the template's parameter takes that name. */
export function heritageName(record: FunctionRecord): string | null {
  const heritage = record.facts.classFacts!.heritage
  if (!heritage || heritage.isNull) return null
  const text = record.text.slice(heritage.start, heritage.end)
  if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(text)) return null
  const binding = record.bindings.find(({ name }) => name === text)
  return binding && (binding.variable || binding.kind !== 'value') ? null : text
}
