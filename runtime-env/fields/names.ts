// Names of properties that there are not: what was meant.
import { nearest, suggestion } from '../nearest.ts'
import { isRecord } from '../plain.ts'
import { wrong } from './field.ts'

/** The properties that an object may have, each with what it is called elsewhere. */
export type KnownNames = Readonly<Record<string, readonly string[]>>

/** What of an object is given. Throws a TypeError if it is none, or has a name that is not known. */
export function checkNames(
  path: string,
  what: string,
  value: unknown,
  known: KnownNames,
): Record<string, unknown> {
  if (!isRecord(value)) throw wrong(path, `an object: ${what}`, value)
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(known, name)) throw new TypeError(unknownName(path, name, known))
  }
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined))
}

export function unknownName(path: string, name: string, known: KnownNames): string {
  const wanted = plainName(name)
  const names = Object.keys(known)
  const meant =
    names.find((each) => [each, ...known[each]!].some((other) => plainName(other) === wanted)) ??
    nearest(name, names)
  return `${path === '' ? 'a runtime environment' : `${path} of a runtime environment`} has no field ${name}. ${suggestion(meant, names)}`
}

/** `working_dir`, `working-dir` and `WorkingDir` are one name. */
function plainName(name: string): string {
  return name.replace(/[_\-\s.]/g, '').toLowerCase()
}
