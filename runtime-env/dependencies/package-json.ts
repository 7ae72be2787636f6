// A package.json as far as workers install from it: what it depends on when it runs, what is here sent along.
import { dirname } from 'node:path'
import { absolute, refuse } from '../fields/field.ts'
import type { Json } from '../types.ts'
import { dependenciesOf, dependencyFields, type LocalPackages, type PackageJson } from './local.ts'
import { isLocal, localPath } from './spec.ts'

export type Dependencies = Record<string, string>
export type JsonObject = { readonly [name: string]: Json }

/** What is kept of the package.json at a path. */
export function runtimePart(path: string, json: PackageJson, locals: LocalPackages): Record<string, Json> {
  const part: Record<string, Json> = {}
  for (const field of dependencyFields) {
    const given = json[field] as Dependencies | undefined
    if (given === undefined || Object.keys(given).length === 0) continue
    part[field] = mapValues(given, (spec, name) => sentSpec(path, `${field}.${name}`, spec, locals))
  }
  if (json.peerDependenciesMeta !== undefined) part.peerDependenciesMeta = json.peerDependenciesMeta
  if (json.overrides !== undefined) part.overrides = inlined(path, json.overrides, json)
  return part
}

/** A spec that means the same on a worker. */
export function sentSpec(path: string, at: string, spec: string, locals: LocalPackages): string {
  if (/^(workspace|link|portal|catalog|patch):/.test(spec))
    throw refuse(
      `npm.packageJson`,
      path,
      `its ${at} is ${spec}, which npm does not know. Write the range, or file: and the path`,
    )
  if (!isLocal(spec)) return spec
  return `file:${locals.add(absolute(localPath(spec), dirname(path)))}`
}

/** Overrides may be `$name`, meaning what the package.json itself asks for: by development's dependencies, say. */
function inlined(path: string, overrides: Json, json: PackageJson): Json {
  const all: Dependencies = { ...(json.devDependencies as unknown as Dependencies), ...dependenciesOf(json) }
  const visit = (value: Json): Json => {
    if (typeof value === 'string') {
      const spec = value.startsWith('$') ? all[value.slice(1)] : value
      if (spec === undefined)
        throw refuse('npm.packageJson', path, `its overrides name ${value}, which it does not depend on`)
      if (isLocal(spec))
        throw refuse('npm.packageJson', path, `its overrides name ${spec}, a path that workers do not have`)
      return spec
    }
    if (typeof value !== 'object' || value === null) return value
    return mapValues(value as JsonObject, visit)
  }
  return visit(overrides)
}

export function mapValues<V, W>(
  object: Readonly<Record<string, V>>,
  map: (value: V, name: string) => W,
): Record<string, W> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value, name)]))
}
