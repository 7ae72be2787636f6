// A lock file of npm's as far as workers install from it: without what is for development alone, what is here sent along.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { refuse } from '../fields/field.ts'
import type { Json, ResolvedNpm } from '../types.ts'
import { type LocalPackages, type PackageJson, parseJson } from './local.ts'
import { type Dependencies, type JsonObject, runtimePart } from './package-json.ts'

/** Of `packages` in a lock file. */
interface Locked {
  readonly resolved?: string
  readonly link?: boolean
  readonly dev?: boolean
  readonly [field: string]: Json | undefined
}

interface LockFile {
  readonly lockfileVersion?: number
  readonly packages?: Readonly<Record<string, Locked>>
}

/** The package.json and lock file that `npm ci` gets. `packageJson` is the one beside it unless said otherwise. */
export function lockedPart(
  path: string,
  packageJson: string | undefined,
  locals: LocalPackages,
): Pick<ResolvedNpm, 'packageJson' | 'lockFile' | 'isLockPartial'> {
  const { lockfileVersion, packages: all } = readLock(path)
  const packages = Object.fromEntries(
    Object.entries(all).filter(([, locked]) => !isForDevelopment(locked, all)),
  )
  const root = packages[''] ?? {}
  const folder = dirname(path)
  const beside = packageJson ?? join(folder, 'package.json')
  const json = existsSync(beside) ? parseJson(beside, readFileSync(beside, 'utf8')) : (root as PackageJson)
  const wanted = withWorkspaces(runtimePart(beside, json, locals), packages, folder, locals)
  const places = placesOf(packages, folder, locals)
  const entries = Object.entries(packages).flatMap(([key, locked]): [string, Json][] => {
    if (key === '') return []
    return [[moved(key, places), movedEntry(locked, folder, places, locals)]]
  })
  const { overrides, ...rootEntry } = wanted
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1))
  // npm locks nothing of what folders outside of a project need.
  const isPartial = [...places.keys()].some((place) => place.startsWith('..'))
  return {
    ...(isPartial && { isLockPartial: true }),
    packageJson: wanted,
    lockFile: { lockfileVersion, requires: true, packages: Object.fromEntries([['', rootEntry], ...sorted]) },
  }
}

/** Of a link, what it points to tells. */
function isForDevelopment({ dev, link, resolved }: Locked, all: Readonly<Record<string, Locked>>): boolean {
  return dev === true || (link === true && resolved !== undefined && all[resolved]?.dev === true)
}

function readLock(path: string): { lockfileVersion: number; packages: Readonly<Record<string, Locked>> } {
  const { lockfileVersion, packages } = parseJson(path, readFileSync(path, 'utf8')) as LockFile
  if (typeof lockfileVersion === 'number' && lockfileVersion >= 2 && typeof packages === 'object')
    return { lockfileVersion: 3, packages }
  throw refuse(
    'npm.lockFile',
    path,
    lockfileVersion === 1
      ? 'it is of npm 6. Write a new one: npm install --package-lock-only --lockfile-version 3'
      : `it is no lock file of npm's: it lacks lockfileVersion or packages`,
  )
}

/** Workspaces are dependencies by path: workers know of no others. */
function withWorkspaces(
  wanted: Record<string, Json>,
  packages: Readonly<Record<string, Locked>>,
  folder: string,
  locals: LocalPackages,
): Record<string, Json> {
  if (packages['']?.workspaces === undefined) return wanted
  const dependencies: Dependencies = { ...(wanted.dependencies as Dependencies | undefined) }
  for (const [key, { link, resolved }] of Object.entries(packages)) {
    const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(key)?.[1]
    if (name === undefined || link !== true || resolved === undefined) continue
    dependencies[name] = `file:${locals.add(resolve(folder, resolved))}`
  }
  return {
    ...wanted,
    dependencies: Object.fromEntries(Object.entries(dependencies).sort(([a], [b]) => (a < b ? -1 : 1))),
  }
}

/** Of each folder that is linked to: where it was, as the lock file says it, and where it is on a worker. */
function placesOf(
  packages: Readonly<Record<string, Locked>>,
  folder: string,
  locals: LocalPackages,
): ReadonlyMap<string, string> {
  const places = new Map<string, string>()
  for (const { link, resolved } of Object.values(packages)) {
    if (link === true && resolved !== undefined) places.set(resolved, locals.add(resolve(folder, resolved)))
  }
  return places
}

function moved(key: string, places: ReadonlyMap<string, string>): string {
  for (const [from, to] of places)
    if (key === from || key.startsWith(`${from}/`)) return to + key.slice(from.length)
  return key
}

function movedEntry(
  locked: Locked,
  folder: string,
  places: ReadonlyMap<string, string>,
  locals: LocalPackages,
): JsonObject {
  const { resolved, link, devDependencies, ...rest } = locked
  const entry: Record<string, Json> = rest as JsonObject
  if (link === true) return { ...entry, link, resolved: places.get(resolved!) ?? resolved! }
  if (resolved?.startsWith('file:'))
    return { ...entry, resolved: `file:${locals.add(resolve(folder, resolved.slice('file:'.length)))}` }
  return resolved === undefined ? entry : { ...entry, resolved }
}
