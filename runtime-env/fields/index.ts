// The table of fields. A new field is a file beside this one and a line here.
import { isRecord } from '../plain.ts'
import type { RuntimeEnvFields } from '../types.ts'
import { config } from './config.ts'
import { container } from './container.ts'
import { envVars } from './env-vars.ts'
import { excludes } from './excludes.ts'
import { type Field, type FieldName, show } from './field.ts'
import { checkNames, type KnownNames } from './names.ts'
import { nodeVersion } from './node-version.ts'
import { npm } from './npm.ts'
import { plugins } from './plugins.ts'
import { setupHook } from './setup-hook.ts'
import { uris } from './uris.ts'
import { workingDir } from './working-dir.ts'

const table: { readonly [Name in FieldName]-?: Field<Name> } = {
  workingDir,
  uris,
  excludes,
  npm,
  envVars,
  nodeVersion,
  container,
  setupHook,
  config,
  plugins,
}

export const allFields: readonly Field[] = Object.values(table) as unknown as Field[]

const knownNames: KnownNames = Object.fromEntries(allFields.map(({ name, otherNames }) => [name, otherNames]))

/** The fields as they are kept: checked, complete, with absolute paths. Throws a TypeError for what is wrong. */
export function checkFields(given: unknown, base: string): RuntimeEnvFields {
  if (!isRecord(given)) {
    const hint = typeof given === 'string' ? '. RuntimeEnv.fromFile reads a JSON file' : ''
    throw new TypeError(
      `a runtime environment is an object with the fields ${Object.keys(table).join(', ')}, not ${show(given)}${hint}`,
    )
  }
  const present = checkNames('', '', given, knownNames)
  const checked: Record<string, unknown> = {}
  for (const field of allFields) {
    if (field.name in present) checked[field.name] = deepFreeze(field.check(present[field.name], base))
  }
  return Object.freeze(checked)
}

function deepFreeze<T>(value: T): T {
  if (Array.isArray(value) || isRecord(value)) {
    Object.freeze(value)
    for (const each of Object.values(value)) deepFreeze(each)
  }
  return value
}
