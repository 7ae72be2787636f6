// plugins: values of fields that users' plugins make something of, by the plugin's name.
import { fromPlain, isJson, isRecord, toPlain, whyNotPlain } from '../plain.ts'
import { requirePlugin } from '../plugins/registry.ts'
import { whyNotValid } from '../plugins/schema.ts'
import type { Json } from '../types.ts'
import { type Field, refuse, wrong } from './field.ts'

export const plugins: Field<'plugins'> = {
  name: 'plugins',
  otherNames: ['plugin', 'extensions'],
  check(value) {
    if (!isRecord(value)) throw wrong('plugins', "an object with a value for each plugin's name", value)
    const given = Object.entries(value).filter(([, each]) => each !== undefined)
    for (const [name, each] of given) {
      if (name === '' || name === '__proto__') throw refuse('plugins', name, 'no plugin can have that name')
      const why = whyNotPlain(each, `plugins.${name}`)
      if (why !== null)
        throw new TypeError(
          `${why}, in a runtime environment: what plugins are given is data that JSON or superjson holds`,
        )
    }
    // Copies: what the caller does with its own afterwards is no part of the environment.
    return Object.fromEntries(given.map(([name, each]) => [name, accepted(name, copyOf(each))]))
  },
  // Each is a field in its own right.
  merge: (outer, inner) => ({ ...outer, ...inner }),
  resolve(value) {
    const entries = Object.entries(value).map(([name, each]) => [name, toPlain(each)] as const)
    return entries.length === 0 ? undefined : Object.fromEntries(entries)
  },
}

/** Throws a TypeError if this process has no such plugin, or the value is not as its schema has it. */
function accepted(name: string, value: unknown): unknown {
  const path = `plugins.${name}`
  let schema: object | undefined
  try {
    schema = requirePlugin(name, 'this process').schema
  } catch (error) {
    throw new TypeError(`${path} of a runtime environment: ${(error as Error).message}`, { cause: error })
  }
  const why = schema === undefined ? null : whyNotValid(schema, value, path)
  if (why !== null) throw new TypeError(`a runtime environment is not as a plugin wants it: ${why}`)
  return value
}

function copyOf(value: unknown): unknown {
  return isJson(value) ? structuredClone(value) : fromPlain(toPlain(value))
}

/** Of JSON: what `toPlain` wrote of each. */
export function pluginsFromJson(json: unknown): unknown {
  if (!isRecord(json)) return json
  return Object.fromEntries(
    Object.entries(json).map(([name, each]) => [name, isJson(each) ? fromPlain(each as Json) : each]),
  )
}
