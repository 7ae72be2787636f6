// What a name means in a function's scopes, as far as looking it up could run code: `with` statements, proxies, and
// accessors of the global object.
import { types } from 'node:util'
import { ReflectGetOwnPropertyDescriptor, ReflectGetPrototypeOf } from '../primordials.ts'
import { bindingIn, type ScopeRecord, WITH } from './functions.ts'
import { ProbeError } from './probe-error.ts'

type Lookup = 'absent' | 'value' | 'code'

/** A lookup in an object: its own properties and those it inherits. */
function lookUp(object: object, name: string): Lookup {
  for (let at: object | null = object; at !== null; at = ReflectGetPrototypeOf(at)) {
    if (types.isProxy(at)) return 'code'
    const descriptor = ReflectGetOwnPropertyDescriptor(at, name)
    if (descriptor) return descriptor.get || descriptor.set ? 'code' : 'value'
  }
  return 'absent'
}

/** The channel must be found through all the scopes, and nobody may see it looked for. */
export function checkScopes(scopes: readonly ScopeRecord[], name: string): void {
  for (let i = 0; i < scopes.length; i++) {
    const { type, object, isProxy } = scopes[i]
    if (type === WITH && (isProxy || lookUp(object, name) !== 'absent'))
      throw new ProbeError('a `with` statement around it has a proxy, which would be asked')
  }
}

/** Would reading the variable run an accessor or a trap? */
export function readingRunsCode(scopes: readonly ScopeRecord[], name: string): boolean {
  for (let i = 0; i < scopes.length; i++) {
    const scope = scopes[i]
    if (scope.type === WITH || scope.type === 'Global') {
      const found = scope.isProxy ? 'code' : lookUp(scope.object, name)
      if (found !== 'absent') return found === 'code'
    } else if (scope.name === name || bindingIn(scope.object, name)) return false
  }
  return false
}
