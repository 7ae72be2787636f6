// `envVars`: variables of the environment's processes.
import type { BuiltInPlugin } from './built-in.ts'

export const envVars: BuiltInPlugin<Readonly<Record<string, string>>> = {
  name: 'envVars',
  schema: {
    type: 'object',
    additionalProperties: { type: 'string' },
    // What the system would refuse, or take for another variable.
    propertyNames: { pattern: '^[^=\\u0000]+$' },
  },
  priority: 4,
  modifyContext(context, variables) {
    Object.assign(context.env, variables)
  },
}
