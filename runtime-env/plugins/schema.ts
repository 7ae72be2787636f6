// JSON Schema (draft-07, or 2020-12 where `$schema` says so) for the values of plugins, by ajv.
import type { Ajv, ErrorObject, ValidateFunction } from 'ajv'
import { lazy } from '../lazy.ts'

const draft07 = lazy<{ default: typeof Ajv }>('ajv')
const draft2020 = lazy<{ default: typeof Ajv }>('ajv/dist/2020.js')

const options = { allErrors: true, strict: false, allowUnionTypes: true } as const

const compiled = new WeakMap<object, ValidateFunction>()

/** Throws if it is no schema. */
export function checkSchema(schema: unknown, refuse: (why: string) => Error): void {
  if (typeof schema !== 'object' || schema === null) throw refuse('its schema is no object')
  try {
    compile(schema)
  } catch (error) {
    throw refuse(`its schema is none: ${(error as Error).message}`)
  }
}

/** What of a value is not as its schema has it, in words; null if all is. `path` is what the value is called. */
export function whyNotValid(schema: object, value: unknown, path: string): string | null {
  const validate = compile(schema)
  if (validate(value)) return null
  return [...new Set(validate.errors!.map((error) => describe(error, path)))].join('; ')
}

function compile(schema: object): ValidateFunction {
  let validate = compiled.get(schema)
  if (validate === undefined) {
    const is2020 = String((schema as { $schema?: unknown }).$schema).includes('2020-12')
    const { default: Schemas } = is2020 ? draft2020() : draft07()
    // One for each: schemas with the same $id may come from different plugins.
    validate = new Schemas(options).compile(schema)
    compiled.set(schema, validate)
  }
  return validate
}

function describe({ instancePath, message, params }: ErrorObject, path: string): string {
  const at = instancePath.replace(/\/([^/]*)/g, (_, name: string) => {
    const plain = name.replace(/~1/g, '/').replace(/~0/g, '~')
    return /^\d+$/.test(plain) ? `[${plain}]` : `.${plain}`
  })
  const { additionalProperty, allowedValues } = params as {
    additionalProperty?: string
    allowedValues?: unknown[]
  }
  const more =
    additionalProperty !== undefined
      ? `: ${additionalProperty}`
      : allowedValues !== undefined
        ? `: ${allowedValues.map((each) => JSON.stringify(each)).join(', ')}`
        : ''
  return `${path}${at} ${message}${more}`
}
