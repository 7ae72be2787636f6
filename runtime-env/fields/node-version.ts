// nodeVersion: a semver range that the worker's Node.js is in.
import { validRange } from '../dependencies/spec.ts'
import { lazy } from '../lazy.ts'
import { checkText, type Field, refuse, wrong } from './field.ts'

/** Null if there is none. */
const minVersion = lazy<(range: string) => unknown>('semver/ranges/min-version.js')

const meaning = "a semver range, as '>=22' or '22.x'"

export const nodeVersion: Field<'nodeVersion'> = {
  name: 'nodeVersion',
  otherNames: ['node', 'nodejs', 'engines', 'engine', 'nodeVersions'],
  check(value) {
    if (typeof value === 'number') throw wrong('nodeVersion', meaning, value, `Write '${value}'`)
    const text = checkText('nodeVersion', meaning, value)
    if (validRange()(text) !== null) {
      if (minVersion()(text) === null) throw refuse('nodeVersion', text, 'no version is in that range')
      return text
    }
    const words = /^node(?:\.?js)?[@ ]*(.+)$/i.exec(text)?.[1]
    const hint =
      words !== undefined && validRange()(words) !== null
        ? `it is ${meaning}. Did you mean '${words}'?`
        : `it is ${meaning}${/^(lts|latest|current|stable)/i.test(text) ? ', and no name of a release line' : ''}`
    throw refuse('nodeVersion', text, hint)
  },
  resolve: (value) => validRange()(value)!,
}
