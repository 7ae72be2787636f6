// TEMPORARY by the lead, to try the core; to be replaced by the real capture/.
import inspector from 'node:inspector'
export interface ScopeRecord { readonly type: string; readonly name: string | null; readonly object: object }
export interface ScriptRecord { readonly scriptId: string; readonly url: string; readonly isModule: boolean; source(): string }
export interface Variable { readonly kind: 'mutable' | 'const' | 'dead'; get(): unknown; set(v: unknown): void }
export class ProbeError extends Error {}
let session: inspector.Session | null = null
export function post(method: string, params?: object): any {
  if (!session) { session = new inspector.Session(); session.connect() }
  let result: any, error: any
  session.post(method, params as any, (e: any, r: any) => { error = e; result = r })
  if (error) throw error
  return result
}
const holder: any = {}
let holderId: string | null = null
function idOf(value: unknown): string {
  if (!holderId) { (globalThis as any).__cornichon = holder; try { holderId = post('Runtime.evaluate', { expression: 'globalThis.__cornichon' }).result.objectId } finally { delete (globalThis as any).__cornichon } }
  holder.value = value
  try { return post('Runtime.callFunctionOn', { objectId: holderId, functionDeclaration: 'function(){return this.value}' }).result.objectId } finally { holder.value = undefined }
}
function live(objectId: string): any {
  post('Runtime.callFunctionOn', { objectId: holderId, functionDeclaration: 'function(x){this.out=x}', arguments: [{ objectId }] })
  const v = holder.out; holder.out = undefined; return v
}
export function captureFunction(fn: object): { scopes: ScopeRecord[]; scriptId: string | undefined; line: number; column: number } {
  const { internalProperties } = post('Runtime.getProperties', { objectId: idOf(fn), ownProperties: true })
  const loc = internalProperties.find((p: any) => p.name === '[[FunctionLocation]]')?.value?.value
  const sc = internalProperties.find((p: any) => p.name === '[[Scopes]]')
  const scopes: ScopeRecord[] = []
  if (sc) { const list = live(sc.value.objectId); for (let i = 0; i < list.length; i++) { const d: string = list[i].description; const m = /^(\w+)(?: \((.*)\))?$/.exec(d); scopes.push({ type: m ? m[1] : d, name: m?.[2] ?? null, object: list[i].object }) } }
  return { scopes, scriptId: loc?.scriptId, line: loc?.lineNumber ?? 0, column: loc?.columnNumber ?? 0 }
}
export function internalSlots(value: object): Map<string, unknown> {
  const { internalProperties } = post('Runtime.getProperties', { objectId: idOf(value), ownProperties: true })
  const m = new Map<string, unknown>()
  for (const p of internalProperties ?? []) m.set(p.name, p.value?.objectId ? live(p.value.objectId) : p.value?.type === 'undefined' ? undefined : p.value?.unserializableValue !== undefined ? (0, eval)(p.value.unserializableValue) : p.value?.value)
  return m
}
export function privateElements(object: object): { name: string; kind: 'field' | 'method' | 'accessor'; value?: unknown }[] {
  const { privateProperties } = post('Runtime.getProperties', { objectId: idOf(object), ownProperties: true })
  return (privateProperties ?? []).map((p: any) => ({ name: p.name, kind: p.value ? 'field' : 'accessor', value: p.value?.objectId ? live(p.value.objectId) : p.value?.unserializableValue !== undefined ? (0, eval)(p.value.unserializableValue) : p.value?.value }))
}
const scripts = new Map<string, ScriptRecord>()
export function scriptOf(id: string): ScriptRecord | undefined {
  if (!scripts.has(id)) {
    post('Runtime.releaseObjectGroup', { objectGroup: 'x' })
    const on = (e: any) => { const p = e.params; if (!scripts.has(p.scriptId)) { let text: string | undefined; scripts.set(p.scriptId, { scriptId: p.scriptId, url: p.url, isModule: !!p.isModule, source() { if (text === undefined) { post('Debugger.enable'); text = post('Debugger.getScriptSource', { scriptId: p.scriptId }).scriptSource; post('Debugger.disable') } return text! } }) } }
    session!.on('Debugger.scriptParsed', on); post('Debugger.enable'); post('Debugger.disable'); session!.off('Debugger.scriptParsed', on)
  }
  return scripts.get(id)
}
export function offsetOf(script: ScriptRecord, line: number, column: number): number { const t = script.source(); let o = 0; for (let i = 0; i < line; i++) o = t.indexOf('\n', o) + 1; return o + column }
export function positionAt(script: ScriptRecord, offset: number): { line: number; column: number } { const b = script.source().slice(0, offset); const l = b.split('\n').length - 1; return { line: l, column: offset - (b.lastIndexOf('\n') + 1) } }
const any: any = new Proxy(function () {}, { get: (_, k) => (k === Symbol.iterator ? function* () { for (let i = 0; i < 50; i++) yield any } : any) })
export function probe(fn: any, facts: any, expression: string): unknown {
  if (facts.form === 'class' || facts.computedParameterKeys) throw new ProbeError('a class can not be probed')
  const key = '__cornichon_probe'; const g: any = globalThis
  const box: any = { done: false }
  g[key] = { fn, box, stop: () => { session!.post('Runtime.terminateExecution') }, args: Array(32).fill(any) }
  try {
    const objectId = idOf(fn)
    post('Debugger.enable')
    const { breakpointId } = post('Debugger.setBreakpointOnFunctionCall', { objectId, condition: `${key}.stop(),${key}.box.done=true,(()=>{try{${key}.box.value=(${expression})}catch(e){${key}.box.error=e}})(),false` })
    try { session!.post('Runtime.evaluate', { expression: facts.isGenerator ? `Reflect.apply(${key}.fn,undefined,${key}.args).next()` : `Reflect.apply(${key}.fn,undefined,${key}.args)` }, () => {}) } finally { post('Debugger.removeBreakpoint', { breakpointId }); post('Debugger.disable') }
  } finally { delete g[key] }
  if (!box.done) throw new ProbeError('the probe was not met')
  if ('error' in box) throw box.error
  return box.value
}
export function probeVariables(fn: object, facts: any, names: readonly string[]): Map<string, Variable> {
  const out = new Map<string, Variable>()
  for (const n of names) {
    let a: any
    a = probe(fn, facts, `({get:()=>${n},set:$v=>{${n}=$v}})`)
    let kind: Variable['kind'] = 'mutable'
    try { const v = a.get(); try { a.set(v) } catch { kind = 'const' } } catch { kind = 'dead' }
    out.set(n, { kind, get: a.get, set: a.set })
  }
  return out
}
export const probeThis = (fn: object, facts: any): unknown => probe(fn, facts, 'this')
export const probeArguments = (fn: object, facts: any): unknown => probe(fn, facts, 'arguments')
export function functionsOf(scriptId: string, matches: (fn: object) => boolean): object[] {
  const pr = post('Runtime.evaluate', { expression: 'Function.prototype' }).result.objectId
  idOf(holder)
  const list = live(post('Runtime.queryObjects', { prototypeObjectId: pr }).objects.objectId) as object[]
  return list.filter((f) => matches(f) && post('Runtime.getProperties', { objectId: idOf(f), ownProperties: true }).internalProperties?.find((q: any) => q.name === '[[FunctionLocation]]')?.value?.value?.scriptId === scriptId)
}
export function functionHolders(fn: object): object[] {
  const pr = post('Runtime.evaluate', { expression: 'Object.prototype' }).result.objectId
  idOf(holder)
  const list = live(post('Runtime.queryObjects', { prototypeObjectId: pr }).objects.objectId) as object[]
  return list.filter((o) => o !== holder && Reflect.ownKeys(o).some((k) => { const d = Reflect.getOwnPropertyDescriptor(o, k)!; return d.value === fn || d.get === fn || d.set === fn }))
}
