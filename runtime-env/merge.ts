// Environments within each other: the job's, the actor's, the task's. Each field is the inner one's where it has it, but
// variables and plugins are merged name by name.
import { canonical } from './canonical.ts'
import { allFields } from './fields/index.ts'
import { sha256 } from './sha256.ts'
import type { ResolvedEnv, ResolvedFields, RuntimeEnvFields } from './types.ts'

export function mergeFields(outer: RuntimeEnvFields, inner: RuntimeEnvFields): RuntimeEnvFields {
  const merged: Record<string, unknown> = {}
  for (const { name, merge } of allFields) {
    const [before, after] = [outer[name], inner[name]]
    if (after === undefined && before === undefined) continue
    merged[name] =
      before !== undefined && after !== undefined && merge !== undefined
        ? merge(before, after)
        : (after ?? before)
  }
  return Object.freeze(merged)
}

/** The same of what has been resolved: a nested task's environment inside of its parent's. */
export function mergeResolved(outer: ResolvedFields, inner: ResolvedFields): ResolvedFields {
  const merged = { ...outer, ...inner }
  return {
    ...merged,
    ...(outer.envVars && inner.envVars && { envVars: { ...outer.envVars, ...inner.envVars } }),
    ...(outer.plugins && inner.plugins && { plugins: { ...outer.plugins, ...inner.plugins } }),
  }
}

/** Null if nothing of a process changes. */
export function resolvedEnv(fields: ResolvedFields, setupTimeout: number): ResolvedEnv | null {
  if (Object.keys(fields).length === 0) return null
  return { key: sha256(canonical(fields)), fields, setupTimeout }
}
