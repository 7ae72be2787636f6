// The last resort: looking through the whole heap (Runtime.queryObjects collects garbage first; 40 ms and more).
import { types } from 'node:util'
import { captureFunction } from './functions.ts'
import { liveValue, objectIdOf, release } from './handover.ts'
import { post } from './session.ts'

/** The live functions of a script that satisfy a test. */
export function functionsOf(scriptId: string, matches: (fn: object) => boolean): object[] {
  const found = inheritors(Function.prototype).filter(
    (value) => typeof value === 'function' && !types.isProxy(value) && matches(value),
  )
  return found.filter((fn) => captureFunction(fn).scriptId === scriptId)
}

function inheritors(prototype: object): object[] {
  const { objects } = post('Runtime.queryObjects', {
    prototypeObjectId: objectIdOf(prototype),
    objectGroup: 'cornichon',
  })
  const list = liveValue(objects.objectId) as object[]
  release(true)
  return list
}
