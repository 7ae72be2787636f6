// From what a user writes as npm to what workers run npm on.
import { readFileSync } from 'node:fs'
import type { Resolving } from '../fields/field.ts'
import { absolute, refuse } from '../fields/field.ts'
import type { Json, NpmField, ResolvedNpm } from '../types.ts'
import { automatic } from './auto.ts'
import { LocalPackages, parseJson, readLocal } from './local.ts'
import { lockedPart } from './lock.ts'
import { type Dependencies, runtimePart } from './package-json.ts'
import { isLocal, localPath, parseSpec } from './spec.ts'

export { isLocal, localPath, parseSpec } from './spec.ts'

/** Undefined if there is nothing to install. */
export function resolveNpm(npm: NpmField, { pack, references }: Resolving): ResolvedNpm | undefined {
  const locals = new LocalPackages(pack)
  const allowScripts = npm.allowScripts ?? false
  if (npm.lockFile !== undefined) {
    const parts = lockedPart(npm.lockFile, npm.packageJson, locals)
    return { ...parts, local: sorted(locals.uris), allowScripts }
  }
  const json = npm.packageJson
  const part =
    json === undefined ? {} : runtimePart(json, parseJson(json, readFileSync(json, 'utf8')), locals)
  const dependencies: Dependencies = { ...(part.dependencies as Dependencies | undefined) }
  if (npm.packages === 'auto') {
    const found = automatic(
      references,
      { ...dependencies, ...(part.optionalDependencies as Dependencies) },
      locals,
    )
    Object.assign(dependencies, found.dependencies)
    if (Object.keys(found.overrides).length > 0)
      part.overrides = { ...found.overrides, ...(part.overrides as Record<string, Json> | undefined) }
  } else {
    for (const [i, entry] of (npm.packages ?? []).entries()) {
      const { name, spec } = listed(entry, i, locals)
      if (name in dependencies && dependencies[name] !== spec)
        throw refuse(`npm.packages[${i}]`, entry, `${name} is asked for as ${dependencies[name]}, too`)
      dependencies[name] = spec
    }
  }
  if (Object.keys(dependencies).length > 0) part.dependencies = sorted(dependencies)
  if (Object.keys(part).length === 0) return undefined
  return { packageJson: part, lockFile: null, local: sorted(locals.uris), allowScripts }
}

function listed(entry: string, i: number, locals: LocalPackages): { name: string; spec: string } {
  if (!isLocal(entry)) return parseSpec(`npm.packages[${i}]`, entry)
  const path = absolute(localPath(entry), '')
  return { name: readLocal(path).name, spec: `file:${locals.add(path)}` }
}

function sorted(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
}
