// The sender's own class, met again in its own process: it was never rebuilt, so it has no hook.
import type { ClassHook } from '../codegen/instantiate.ts'
import { UnpicklingError } from '../errors.ts'
import type { KnownClass } from './class-registry.ts'

export function ownClassHook(entry: KnownClass): ClassHook {
  const name = Reflect.getOwnPropertyDescriptor(entry.value, 'name')?.value
  throw new UnpicklingError(
    `an instance of ${String(name)} has private fields, and ${String(name)} is this process's own class: its private state can only be put back into a rebuilt class`,
  )
}
