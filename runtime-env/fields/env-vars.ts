// envVars: variables of the worker's process. Merged name by name.
import { isRecord } from '../plain.ts'
import { type Field, refuse, show, wrong } from './field.ts'

const meaning = 'an object with a string for each variable'

export const envVars: Field<'envVars'> = {
  name: 'envVars',
  otherNames: ['env', 'environment', 'variables', 'vars', 'environmentVariables'],
  check(value) {
    if (!isRecord(value)) throw wrong('envVars', meaning, value, hintFor(value))
    const checked = Object.entries(value).filter(([, each]) => each !== undefined)
    for (const [name, each] of checked) checkVariable(name, each)
    return Object.fromEntries(checked) as Record<string, string>
  },
  merge: (outer, inner) => ({ ...outer, ...inner }),
  resolve: (value) => (Object.keys(value).length === 0 ? undefined : { ...value }),
}

function checkVariable(name: string, value: unknown): void {
  if (!/^[^=\0]+$/.test(name) || name === '__proto__')
    throw refuse('envVars', name, 'no variable can have that name')
  const path = `envVars.${name}`
  if (typeof value === 'string') {
    if (value.includes('\0')) throw refuse(path, value, 'there is a NUL in it')
    return
  }
  const isSimple = typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
  const hint = isSimple
    ? `Write ${show(String(value))}`
    : value === null
      ? 'A variable that the worker has can be emptied: write ""'
      : typeof value === 'object'
        ? 'Write JSON.stringify(...) if the program parses it'
        : ''
  throw wrong(path, 'a string', value, hint)
}

function hintFor(value: unknown): string {
  const list = Array.isArray(value) ? value : typeof value === 'string' ? [value] : []
  const [name, ...rest] = typeof list[0] === 'string' ? list[0].split('=') : []
  if (name === undefined || rest.length === 0) return ''
  return `Write { ${/^\w+$/.test(name) ? name : show(name)}: ${show(rest.join('='))} }`
}
