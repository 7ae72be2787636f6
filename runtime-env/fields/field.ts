// What a field of runtime environments is to the driver: how it is checked, merged and resolved. And how what is wrong
// with it is said.
import { isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Json, LocalPackage, PackageMention, RuntimeEnvFields } from '../types.ts'

export type FieldName = keyof RuntimeEnvFields

export interface Field<Name extends FieldName = FieldName> {
  readonly name: Name
  /** What it is called elsewhere: who writes that means this field. */
  readonly otherNames: readonly string[]
  /** The value as it is kept: complete, its paths absolute. Throws a TypeError. */
  check(value: unknown, base: string): NonNullable<RuntimeEnvFields[Name]>
  /** Of the job's and the task's, say: the inner one unless there is more to it. */
  merge?(
    outer: NonNullable<RuntimeEnvFields[Name]>,
    inner: NonNullable<RuntimeEnvFields[Name]>,
  ): NonNullable<RuntimeEnvFields[Name]>
  /** What travels; undefined if nothing does. */
  resolve?(value: NonNullable<RuntimeEnvFields[Name]>, how: Resolving): Json | undefined
}

/** What fields are resolved with. */
export interface Resolving {
  /** All fields of the environment. */
  readonly fields: RuntimeEnvFields
  readonly references: readonly PackageMention[]
  readonly exportHook: ((hook: () => unknown) => string) | undefined
  /** Makes a package once for this environment: `key` says of what. */
  pack(key: string, make: () => LocalPackage): LocalPackage
}

/** `workingDir is a folder or an archive, not 3` */
export function wrong(path: string, wanted: string, given: unknown, hint = ''): TypeError {
  return new TypeError(
    `${path} of a runtime environment is ${wanted}, not ${show(given)}${hint === '' ? '' : `. ${hint}`}`,
  )
}

/** For what is of the right type, and yet can't be. */
export function refuse(path: string, given: unknown, why: string): TypeError {
  return new TypeError(`${path} of a runtime environment is ${show(given)}: ${why}`)
}

export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return value.name === '' ? 'a function' : `the function ${value.name}`
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return shortened(value, 'a list')
  const name = (value as { constructor?: { name?: unknown } }).constructor?.name
  return typeof name === 'string' && name !== 'Object' && name !== ''
    ? `an instance of ${name}`
    : shortened(value, 'an object')
}

function shortened(value: object, what: string): string {
  try {
    const text = JSON.stringify(value)
    return text.length <= 80 ? text : what
  } catch {
    return what
  }
}

/** A string that is not empty. */
export function checkText(path: string, wanted: string, value: unknown): string {
  if (typeof value === 'string' && value.trim() !== '') {
    if (value.includes('\0')) throw refuse(path, value, 'there is a NUL in it')
    return value
  }
  throw wrong(path, wanted, value, value instanceof URL ? `Write ${show(textOf(value))}` : '')
}

/** Of a file, its path: what `new URL('./shop', import.meta.url)` is meant as. */
function textOf(url: URL): string {
  try {
    return fileURLToPath(url)
  } catch {
    return url.href
  }
}

/** A list of strings that are not empty. */
export function checkList(path: string, wanted: string, value: unknown): readonly string[] {
  if (!Array.isArray(value)) {
    const hint = typeof value === 'string' ? `Write a list of one: [${show(value)}]` : ''
    throw wrong(path, `a list of ${wanted}`, value, hint)
  }
  return Array.from(value, (each: unknown, i) => checkText(`${path}[${i}]`, `one of ${wanted}`, each))
}

export function absolute(path: string, base: string): string {
  return isAbsolute(path) ? resolve(path) : resolve(base, path)
}
