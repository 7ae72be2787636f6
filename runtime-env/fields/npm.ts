// npm: the packages that tasks find. As a list, a package.json or lock file, or 'auto'; kept as an object.
import { basename, join } from 'node:path'
import { isLocal, localPath, parseSpec, resolveNpm } from '../dependencies/index.ts'
import { readLocal } from '../dependencies/local.ts'
import { nearest } from '../nearest.ts'
import { archiveKind } from '../package/name.ts'
import type { NpmField } from '../types.ts'
import { isFolder } from './archives.ts'
import { checkList, checkText, type Field, refuse, show, wrong } from './field.ts'
import { checkNames } from './names.ts'
import { checkExists } from './paths.ts'

const meaning =
  "'auto', a list of 'name@range', the path of a package.json or package-lock.json, or an object of these"

const known = {
  packages: ['dependencies', 'package', 'install', 'list'],
  packageJson: ['package.json', 'manifest'],
  lockFile: ['lock', 'lockfile', 'package-lock.json', 'packageLock'],
  allowScripts: ['scripts', 'allow-scripts', 'runScripts'],
}

type Checked = { -readonly [K in keyof NpmField]: NpmField[K] }

export const npm: Field<'npm'> = {
  name: 'npm',
  otherNames: [
    'pip',
    'conda',
    'uv',
    'packages',
    'package',
    'dependencies',
    'requirements',
    'install',
    'yarn',
    'pnpm',
  ],
  check(value, base): NpmField {
    if (typeof value === 'string') return checkString(value, base)
    if (Array.isArray(value)) return { packages: checkPackages('npm', value, base) }
    if (typeof value !== 'object' || value === null) throw wrong('npm', meaning, value)
    const given = checkNames('npm', '{ packages, packageJson, lockFile, allowScripts }', value, known)
    const checked: Checked = {}
    if (given.packages !== undefined)
      checked.packages =
        given.packages === 'auto' ? 'auto' : checkPackages('npm.packages', given.packages, base)
    if (given.packageJson !== undefined)
      checked.packageJson = checkFile('npm.packageJson', given.packageJson, base)
    if (given.lockFile !== undefined) checked.lockFile = checkFile('npm.lockFile', given.lockFile, base)
    if (given.allowScripts !== undefined) {
      if (typeof given.allowScripts !== 'boolean')
        throw wrong('npm.allowScripts', 'true or false', given.allowScripts)
      checked.allowScripts = given.allowScripts
    }
    if (checked.lockFile !== undefined && checked.packages !== undefined)
      throw refuse(
        'npm.packages',
        checked.packages,
        'a lockFile says it all. Install them there, and it has them, too',
      )
    return checked
  },
  resolve: (value, how) => resolveNpm(value as NpmField, how),
}

/** Whether an environment's packages depend on what bundles refer to. */
export function isAutomatic(value: unknown): boolean {
  return (value as NpmField | undefined)?.packages === 'auto'
}

function checkString(value: string, base: string): NpmField {
  if (value === 'auto') return { packages: 'auto' }
  const text = checkText('npm', meaning, value)
  const name = basename(text)
  if (/^(package-lock|npm-shrinkwrap)\.json$/.test(name)) return { lockFile: checkFile('npm', text, base) }
  if (name.endsWith('.json')) return { packageJson: checkFile('npm', text, base) }
  throw refuse('npm', text, meantByString(text, name))
}

function meantByString(text: string, name: string): string {
  if (/^(yarn\.lock|pnpm-lock\.yaml|bun\.lockb?)$/.test(name))
    return "lock files are npm's. Write one: npm install --package-lock-only; or give the package.json"
  if (name === 'requirements.txt') return "that is pip's. Give a package.json or a list of 'name@range'"
  if (nearest(text, ['auto', 'automatic']) !== undefined && /^auto/i.test(text)) return "did you mean 'auto'?"
  if (isFolder(text))
    return `a folder. Did you mean ${show(join(text, 'package.json'))}, or the list [${show(text)}]?`
  return `it is ${meaning}. Did you mean the list [${show(text)}]?`
}

function checkPackages(path: string, value: unknown, base: string): readonly string[] {
  const hint = Array.isArray(value) ? null : value
  if (typeof hint === 'object' && hint !== null) {
    const specs = Object.entries(hint).map(([name, range]) => `${name}@${String(range)}`)
    throw wrong(path, "a list of 'name@range'", value, `Write ${show(specs)}`)
  }
  const asked = new Map<string, string>()
  return checkList(path, "'name@range', folders and .tgz files", value).map((entry, i) => {
    const at = `${path}[${i}]`
    const trimmed = entry.trim()
    const { text, name } = isLocal(trimmed) ? checkLocal(at, trimmed, base) : checkSpec(at, trimmed)
    const before = asked.get(name)
    if (before !== undefined && before !== text)
      throw refuse(at, entry, `${name} is asked for as ${show(before)}, too`)
    asked.set(name, text)
    return text
  })
}

function checkSpec(at: string, text: string): { text: string; name: string } {
  return { text, name: parseSpec(at, text).name }
}

function checkLocal(at: string, entry: string, base: string): { text: string; name: string } {
  const { path, isFolder } = checkExists(at, localPath(entry), base)
  if (!isFolder && archiveKind(path) !== 'tgz') throw refuse(at, entry, "npm's archives are .tgz or .tar.gz")
  try {
    return { text: path, name: readLocal(path).name }
  } catch (error) {
    throw refuse(at, entry, (error as Error).message)
  }
}

function checkFile(at: string, value: unknown, base: string): string {
  const text = checkText(at, 'the path of a file', value)
  const { path, isFolder } = checkExists(at, text, base)
  if (isFolder) {
    const file = at === 'npm.lockFile' ? 'package-lock.json' : 'package.json'
    throw refuse(at, text, `a folder. Did you mean ${show(join(text, file))}?`)
  }
  return path
}
