// Accessors that user code has put on the global object, and that functions read as variables. A variable can't be an
// accessor: so the functions' texts say a member of an object that has it. (ECMAScript: an Object Environment Record gets its bindings from such properties.)
import { freshNames, OWN_NAME } from '../codegen/leaf.ts'
import type { BindingRecord, FunctionRecord } from '../codegen/records.ts'
import { renameIn, type Writable } from './rename-in.ts'
import { sourceOf } from './source.ts'

const { defineProperty, getOwnPropertyDescriptor } = Reflect

/** By the accessor's functions, which it must not keep alive. */
const holders = new WeakMap<object, object[]>()

/** The object that has the accessor of that name: always the same for one accessor. */
export function holderOf(name: string, { get, set, enumerable }: PropertyDescriptor): object {
  const key = (get ?? set)!
  let list = holders.get(key)
  if (!list) holders.set(key, (list = []))
  for (const holder of list) {
    const known = getOwnPropertyDescriptor(holder, name)
    if (known && known.get === get && known.set === set) return holder
  }
  const holder = {}
  defineProperty(holder, name, { get, set, enumerable, configurable: true })
  list.push(holder)
  return holder
}

/** Does it ask for its `this`, which is the global object? */
export function asksForGlobal({ get, set }: PropertyDescriptor): boolean {
  return [get, set].some((fn) => fn !== undefined && /\bthis\b/.test(sourceOf(fn)))
}

/** Edits the texts of functions with bindings that are such objects. */
export function readThroughHolders(records: readonly FunctionRecord[]): void {
  for (const record of records) {
    for (const binding of record.bindings) {
      if (!binding.ofGlobalAccessor) continue
      const holder = freshNames(record)(`${OWN_NAME}global`)
      renameIn(record, binding.name, `${holder}.${binding.name}`)
      ;(binding as Writable<BindingRecord>).name = holder
    }
  }
}
