// What every call needs: its arguments taken apart, and refs for its results.
import { Array } from '../serializer/globals.ts'
import { taskUnderWay } from './context.ts'
import { type Dependency, type PackedArguments, resultId } from './executor.ts'
import { packArray } from './payload.ts'
import { ObjectRef } from './refs.ts'

const NONE: readonly Dependency[] = []

/** Refs at the top level become dependencies: their values are put in when the call runs. */
export function splitArguments(args: readonly unknown[]): PackedArguments {
  let deps: Dependency[] | null = null
  let values = args
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]
    if (!(arg instanceof ObjectRef)) continue
    if (deps === null) {
      deps = []
      values = args.slice()
    }
    deps.push([i, arg.id])
    ;(values as unknown[])[i] = undefined
  }
  return { args: packArray(values), deps: deps ?? NONE }
}

export function resultRefs(call: string, count: number): unknown {
  if (count === 1) return new ObjectRef(resultId(call, 0))
  if (count === 0) return undefined
  return Array.from({ length: count }, (_, i) => new ObjectRef(resultId(call, i)))
}

export function nameOf(fn: object): string {
  const { name } = fn as { readonly name?: unknown }
  return typeof name === 'string' && name !== '' ? name : 'anonymous'
}

/** The task whose code makes a call. */
export function parentId(): string | null {
  return taskUnderWay()?.id ?? null
}
