// 'auto': what bundles refer to, in the versions that are installed here, and nothing else.
import { packageNameOf } from '../../serializer/references/origin.ts'
import type { Json, PackageMention } from '../types.ts'
import { findInstalled, findInstalledFrom, type Installed } from './installed.ts'
import { dependenciesOf, type LocalPackages, readLocal } from './local.ts'
import type { Dependencies } from './package-json.ts'
import { isLocal } from './spec.ts'

export interface Automatic {
  readonly dependencies: Dependencies
  /** For packages that others have among their own. */
  readonly overrides: { readonly [name: string]: Json }
}

/** `known` are dependencies that are asked for anyway: they stay as they are. */
export function automatic(
  mentions: readonly PackageMention[],
  known: Readonly<Dependencies>,
  locals: LocalPackages,
): Automatic {
  const wanted = new Map<string, { spec: string; version: string | null }>()
  const overrides: Record<string, Json> = {}
  const want = (name: string, version: string | null, installed: Installed | null): void => {
    if (name in known) return
    const before = wanted.get(name)
    if (before !== undefined) {
      if (before.version !== null && version !== null && before.version !== version)
        throw new Error(
          `npm: 'auto' can't install two versions of ${name}: the bundle refers to ${before.version} and to ${version}. Have one installed, or pickle it by value`,
        )
      return
    }
    wanted.set(name, { spec: '', version })
    wanted.set(name, { spec: specOf(name, version, installed, locals), version })
    if (installed?.isLinked) wantNeighbours(installed.root, want)
  }
  for (const { specifier, version, via = [] } of mentions) {
    if (isNoPackage(specifier, version)) continue
    const name = packageNameOf(specifier)
    if (via.length === 0) want(name, version, findInstalled(name, version))
    else wantNested(name, version, via, want, overrides)
  }
  const sorted = [...wanted].sort(([a], [b]) => (a < b ? -1 : 1))
  return { dependencies: Object.fromEntries(sorted.map(([name, { spec }]) => [name, spec])), overrides }
}

/** A file of the user's, by request; or cornichon itself, which the worker has. */
function isNoPackage(specifier: string, version: string | null): boolean {
  return specifier.startsWith('file:') || (version === null && packageNameOf(specifier) === 'cornichon')
}

type Want = (name: string, version: string | null, installed: Installed | null) => void

/** One that another has among its own: that other is installed, and brings it in the version that it has here. */
function wantNested(
  name: string,
  version: string | null,
  via: readonly string[],
  want: Want,
  overrides: Record<string, Json>,
): void {
  const owner = findInstalled(via[0]!, null)
  const nested = findInstalled(name, version, via)
  if (owner === null || version === null || nested?.isFromRegistry === false)
    throw new Error(
      `npm: 'auto' can't install ${name} inside of ${via.join(' / ')}: ${owner === null ? `${via[0]} is not installed here` : 'it did not come from a registry'}. Pickle it by value, or list packages in npm`,
    )
  want(via[0]!, owner.version, owner)
  let level = overrides
  for (const each of via) level = (level[each] ??= {}) as Record<string, Json>
  level[name] = version
}

function specOf(
  name: string,
  version: string | null,
  installed: Installed | null,
  locals: LocalPackages,
): string {
  if (installed !== null && !installed.isFromRegistry && (version === null || installed.version === version))
    return `file:${installed.isLinked ? locals.add(installed.root) : locals.addInstalled(installed.root)}`
  const exact = version ?? installed?.version ?? null
  if (exact !== null)
    return installed === null || installed.name === name ? exact : `npm:${installed.name}@${exact}`
  throw new Error(
    `npm: 'auto' can't install ${name}: the bundle does not say in which version, and it was not found from ${process.cwd()}. List it in npm: ['${name}@<range>']`,
  )
}

/** What a linked package needs and no registry has: a workspace's other packages, say. */
function wantNeighbours(folder: string, want: Want): void {
  for (const [name, spec] of Object.entries(dependenciesOf(readLocal(folder)))) {
    const installed = isLocal(spec) ? null : findInstalledFrom(folder, name)
    if (installed !== null && !installed.isFromRegistry) want(name, installed.version, installed)
  }
}
