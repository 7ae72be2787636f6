// Packages as they are installed on this machine: where, and whether workers could have the same from a registry.
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { findPackageRoot, readPackage } from '../../serializer/references/origin.ts'
import { dependenciesOf, type PackageJson } from './local.ts'

/** Folders that a program's packages are looked for from. */
function startingPoints(): readonly string[] {
  const main = process.argv[1]
  return main === undefined ? [process.cwd()] : [process.cwd(), dirname(main)]
}

export interface Installed {
  readonly root: string
  /** What it is called itself: elsewhere, where it was installed under another name (`npm:`). */
  readonly name: string
  readonly version: string | null
  /** Its folder is elsewhere, and only linked to from a node_modules. */
  readonly isLinked: boolean
  readonly isFromRegistry: boolean
}

/** The package that a bundle means: of the version that it notes, if that is installed. */
export function findInstalled(
  name: string,
  version: string | null,
  via: readonly string[] = [],
): Installed | null {
  let first: Installed | null = null
  for (const start of startingPoints()) {
    let folder: string | null = start
    for (const owner of via) folder = folder === null ? null : findPackageRoot(owner, folder)
    const root = folder === null ? null : findPackageRoot(name, folder)
    if (root === null) continue
    const found = installedAt(name, root)
    if (version === null || found.version === version) return found
    first ??= found
  }
  return first
}

/** As the package in a folder sees it. */
export function findInstalledFrom(folder: string, name: string): Installed | null {
  const root = findPackageRoot(name, folder)
  return root === null ? null : installedAt(name, root)
}

function installedAt(name: string, root: string): Installed {
  const real = realpathSync(root)
  const isLinked = !real.includes(`${sep}node_modules${sep}`)
  return {
    root: isLinked ? real : root,
    name: readPackage(root)?.name ?? name,
    version: readPackage(root)?.version ?? null,
    isLinked,
    isFromRegistry: !isLinked && !isNoRegistrys(whereFrom(name, root, real)),
  }
}

/** Where a package came from, as what installed it has noted; null if nobody has, which is so of registries' alone. */
function whereFrom(name: string, root: string, real: string): string | null {
  // pnpm's folders: .pnpm/name@file+path/node_modules/name
  const pnpm = new RegExp(`\\${sep}\\.pnpm\\${sep}[^\\${sep}]*@((?:file|git|https?|ssh)\\+)`).exec(real)
  if (pnpm) return pnpm[1]!.replace('+', ':')
  for (let folder = dirname(root); ; folder = dirname(folder)) {
    const lock = join(folder, '.package-lock.json')
    if (folder.endsWith(`${sep}node_modules`) && existsSync(lock)) {
      const { packages } = JSON.parse(readFileSync(lock, 'utf8')) as {
        packages?: Record<string, { resolved?: string } | undefined>
      }
      const noted = packages?.[relative(dirname(folder), root).split(sep).join('/')]?.resolved
      // An archive of a registry's is noted by its address: whether it is one, what was asked for tells.
      if (noted !== undefined && /^(file|git\+\w+|git|ssh):/.test(noted)) return noted
      return declared(name, dirname(folder))
    }
    if (dirname(folder) === folder)
      return declared(name, root.slice(0, root.lastIndexOf(`${sep}node_modules${sep}`)))
  }
}

/** What the project that has it asks for. */
function declared(name: string, project: string): string | null {
  const file = join(project, 'package.json')
  if (!existsSync(file)) return null
  const json = JSON.parse(readFileSync(file, 'utf8')) as PackageJson
  const all = { ...(json.devDependencies as object | undefined), ...dependenciesOf(json) } as Record<
    string,
    string
  >
  return all[name] ?? null
}

function isNoRegistrys(from: string | null): boolean {
  if (from === null) return false
  return (
    /^(file|link|portal|git[+:]|git\+\w+|ssh|github|gitlab|bitbucket|gist|https?:\/\/)/.test(from) ||
    /^[.~/]/.test(from) ||
    /^[\w-]+\/[\w.-]+(#|$)/.test(from)
  )
}
