// What a realm has before any code of the user's runs in it (ECMAScript: CreateIntrinsics): the paths of a new `vm`
// context's intrinsics. What is reached by another path was put there.
import { createContext, runInContext } from 'node:vm'
import { walkFrom } from './catalogue.ts'

const { getOwnPropertyDescriptor } = Reflect

/** Node puts it there. */
const OF_NODE = /^Error\.prepareStackTrace\b/

let paths: ReadonlySet<string> | undefined

/** Leads the path, which begins with a name of ECMAScript's, to an intrinsic of every realm? */
export function isPristine(path: string, names: readonly string[]): boolean {
  paths ??= pathsOfNewRealm(names)
  return paths.has(path) || OF_NODE.test(path)
}

/** Takes some milliseconds; the context is not kept. */
function pathsOfNewRealm(names: readonly string[]): ReadonlySet<string> {
  const global = runInContext('globalThis', createContext()) as object
  const found = new Set<string>()
  const seen = new Set<unknown>()
  for (const name of names) {
    walkFrom(getOwnPropertyDescriptor(global, name)?.value, name, {
      visit(value, path) {
        found.add(path)
        if (seen.has(value)) return false
        seen.add(value)
        return true
      },
    })
  }
  return found
}
