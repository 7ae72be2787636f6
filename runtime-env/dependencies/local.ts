// Packages of this machine as dependencies: folders and .tgz files, which workers get under `local/`.
import { readFileSync } from 'node:fs'
import { join, posix, relative, resolve, sep } from 'node:path'
import { isFolder } from '../fields/archives.ts'
import type { Resolving } from '../fields/field.ts'
import { lazy } from '../lazy.ts'
import { packageArchive, packageFiles, packageFolder } from '../package/index.ts'
import type { Json, LocalPackage } from '../types.ts'
import { publishedFiles } from './published.ts'
import { isLocal, localPath } from './spec.ts'

const tar = lazy<typeof import('tar')>('tar')

export interface PackageJson {
  readonly name?: Json
  readonly version?: Json
  readonly [field: string]: Json | undefined
}

/** Fields of a package.json by which packages ask for others. */
export const dependencyFields = ['dependencies', 'optionalDependencies', 'peerDependencies'] as const

export function dependenciesOf(json: PackageJson): Record<string, string> {
  const all: Record<string, string> = {}
  for (const field of dependencyFields) Object.assign(all, json[field] ?? {})
  return all
}

/** The package.json of a folder or .tgz. Throws if there is none, or it has no name. */
export function readLocal(path: string): PackageJson & { readonly name: string } {
  let text: string | undefined
  try {
    text = isFolder(path) ? readFileSync(join(path, 'package.json'), 'utf8') : readFromArchive(path)
  } catch (error) {
    throw new TypeError(`${path} is no npm package: ${(error as Error).message}`, { cause: error })
  }
  if (text === undefined) throw new TypeError(`${path} is no npm package: it has no package.json`)
  const json = parseJson(path, text)
  if (typeof json.name !== 'string' || json.name === '')
    throw new TypeError(`${path} can't be a dependency: its package.json has no name`)
  return json as PackageJson & { name: string }
}

export function parseJson(path: string, text: string): PackageJson {
  let json: unknown
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw new TypeError(`${path} is no JSON: ${(error as Error).message}`, { cause: error })
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as PackageJson
  throw new TypeError(`${path} holds no object`)
}

function readFromArchive(path: string): string | undefined {
  let text: string | undefined
  tar().list({
    file: path,
    sync: true,
    strict: true,
    onReadEntry(entry) {
      // npm takes the first folder off, whatever its name is.
      if (!/^[^/]+\/package\.json$/.test(entry.path.replace(/^\.\//, ''))) return
      text = ''
      entry.on('data', (part: Buffer) => (text += part.toString()))
    },
  })
  return text
}

/** What workers get under `local/`. */
export class LocalPackages {
  /** By path beside the package.json, the URI. */
  readonly uris: Record<string, string> = {}
  readonly #pack: Resolving['pack']
  readonly #placed = new Map<string, string>()

  constructor(pack: Resolving['pack']) {
    this.#pack = pack
  }

  /** Has a folder or .tgz sent along; the path that dependencies on it name. `preferred`: where in `local/` it should be. */
  add(path: string, preferred?: string): string {
    const known = this.#placed.get(path)
    if (known !== undefined) return known
    const { name } = readLocal(path)
    const isArchive = !isFolder(path)
    const place = this.#free(preferred ?? `local/${name}${isArchive ? '.tgz' : ''}`)
    this.#placed.set(path, place)
    this.uris[place] = this.#pack(`npm ${path}`, () =>
      isArchive ? packageArchive(path) : publishedPackage(path),
    ).uri
    if (!isArchive) this.#addNeighbours(path, place)
    return place
  }

  /** A package as it is installed here, with what npm's client put there; not the packages that it has among its own. */
  addInstalled(root: string): string {
    const known = this.#placed.get(root)
    if (known !== undefined) return known
    const place = this.#free(`local/${readLocal(root).name}`)
    this.#placed.set(root, place)
    this.uris[place] = this.#pack(`installed ${root}`, () =>
      packageFolder(root, { ignoreFiles: false, excludes: ['/node_modules'] }),
    ).uri
    return place
  }

  /** What a folder's package.json names by path has to be found by that path. */
  #addNeighbours(path: string, place: string): void {
    for (const [name, spec] of Object.entries(dependenciesOf(readLocal(path)))) {
      if (!isLocal(spec)) continue
      const target = resolve(path, localPath(spec))
      const at = posix.join(place, relative(path, target).split(sep).join('/'))
      if (!at.startsWith('local/'))
        throw new Error(
          `the package ${path} depends on ${name} by the path ${spec}, which workers can't have: depend on a version, and name ${target} in npm, too`,
        )
      this.add(target, at)
    }
  }

  #free(place: string): string {
    let free = place
    for (let n = 2; free in this.uris || [...this.#placed.values()].includes(free); n++)
      free = posix.join('local', String(n), place.slice('local/'.length))
    return free
  }
}

function publishedPackage(folder: string): LocalPackage {
  // npm publishes none without a version.
  return readLocal(folder).version === undefined
    ? packageFolder(folder)
    : packageFiles(folder, publishedFiles(folder))
}
