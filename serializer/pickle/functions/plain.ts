// Functions, arrow functions and methods that are rebuilt by themselves.
import { offsetOf } from '../../capture/index.ts'
import { SUPER_NAME } from '../../codegen/leaf.ts'
import { type FunctionRecord, NO_ELEMENTS } from '../../codegen/records.ts'
import { superOf } from '../../codegen/super.ts'
import { noteSeen } from '../class-registry.ts'
import { naturalName } from '../function-shape.ts'
import { isStrict, resolveName, scriptFacts } from '../function-site.ts'
import { Needs, Op } from '../opcodes.ts'
import { bindingsOf, variableOf } from './bindings.ts'
import { type Calls, outerThisOf, usesThis } from './calls.ts'
import type { FunctionContext, LiveFunction } from './context.ts'
import { classAround, superHomeOf } from './home.ts'

export function writePlain(context: FunctionContext, calls: Calls, live: LiveFunction): void {
  const { fn, text, facts, site } = live
  const { graph } = context
  if (facts.lexicalNewTarget) {
    graph.refuse(
      'an arrow function uses `new.target` of the function around it, which V8 does not show',
      'Keep new.target in a variable outside the arrow function',
    )
  }
  let needs = 0
  let lexical: FunctionRecord['lexical'] = 'none'
  let outerThis: unknown
  if (facts.form === 'arrow' && usesThis(facts)) {
    outerThis = outerThisOf(graph, live)
    lexical = 'this'
    needs |= Needs.This
  }
  const call = facts.form === 'arrow' ? calls.around(live, outerThis) : null
  if (call) {
    // Its environment has the call's `this`, too.
    needs = Needs.Call
    lexical = 'none'
  }
  const superHome = facts.superProperty ? superHomeOf(context, fn, facts) : null
  const privateHome = facts.privateNames.length > 0 ? classAround(context, fn, facts) : null
  if (privateHome) needs |= Needs.PrivateHome
  const asDeclaration = isOuterName(live)
  const origin = context.origins.of(live)
  const ownName = naturalName(fn)

  graph.out.byte(Op.Function)
  const index = context.reserve()
  graph.varint(index)
  graph.byte(needs)
  if (needs & Needs.PrivateHome) {
    graph.step('slot', 'PrivateEnvironment')
    graph.value(privateHome)
  }
  if (needs & Needs.This) {
    graph.step('slot', 'ThisValue')
    graph.value(outerThis)
  }
  if (call) calls.write(call)
  graph.remember(fn)
  const bindings = bindingsOf(graph, live, asDeclaration)
  if (superHome) bindings.push(variableOf(SUPER_NAME, superOf(superHome)))
  const record: FunctionRecord = {
    index,
    fn,
    text,
    facts,
    strict: isStrict(fn, facts, site),
    name: ownName ?? '',
    bindings,
    lexical,
    outerArguments: call?.variable ?? null,
    asDeclaration,
    privateHome: privateHome ? context.recordOf(privateHome)! : null,
    ...NO_ELEMENTS,
    literal: null,
    awayFromHome: superHome !== null,
    assignedImports: null,
    origin,
  }
  context.add(record)
  for (const { name, value } of record.bindings) noteSeen(fn, name, value)
  graph.later(fn, context.content)
}

/** A declaration that assigns its own name, or whose name holds something else by now, uses an outer variable. */
function isOuterName({ fn, facts, site }: LiveFunction): boolean {
  if (facts.form !== 'function' || facts.ownName === null || !(facts.ownNameUsed || facts.ownNameWritten))
    return false
  const outer = resolveName(fn, { ...facts }, site, facts.ownName)
  if (!outer || outer.dead) return false
  if (!facts.ownNameWritten && outer.value === fn) return false
  const script = site.script
  return script ? scriptFacts(script).declarationAt(offsetOf(script, site.line, site.column)) : false
}
