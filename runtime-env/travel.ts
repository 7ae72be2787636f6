// How a RuntimeEnv goes into bundles: by its JSON, unless an executor says otherwise, for a folder is somewhere else for who
// gets it.
import type { RuntimeEnv } from './runtime-env.ts'

type Reduction = [factory: (...args: never[]) => unknown, args: readonly unknown[]]

let travels: ((env: RuntimeEnv) => Reduction | null) | null = null

/** The executor's: null where it has nobody to give packages to. */
export function setTravel(reduce: (env: RuntimeEnv) => Reduction | null): void {
  travels = reduce
}

export function travelOf(env: RuntimeEnv): Reduction | null {
  return travels?.(env) ?? null
}
