// The last resort: looking through the whole heap (Runtime.queryObjects collects garbage first; 40 ms and more).
import { types } from 'node:util'
import { captureFunctions } from './functions.ts'
import { liveValue, objectIdOf, release } from './handover.ts'
import { whenCaptured } from './scripts.ts'
import { post } from './session.ts'

/** Functions that are asked for at once: what V8 tells of them is there as long. */
const SLICE = 64

/** What the last look found, for as long as a capture goes on. */
let seen: readonly object[] | undefined

/**
 * The live functions of a script that satisfy a test: all of them, or, if `about` is given, at least those that there were when
 * that function came to be.
 */
export function functionsOf(scriptId: string, matches: (fn: object) => boolean, about?: object): object[] {
  const found = functions(about).filter(matches)
  const inScript: object[] = []
  for (let at = 0; at < found.length; at += SLICE) {
    const slice = found.slice(at, at + SLICE)
    const captured = captureFunctions(slice)
    inScript.push(...slice.filter((_, i) => captured[i]!.scriptId === scriptId))
  }
  return inScript
}

function functions(about: object | undefined): readonly object[] {
  if (about !== undefined && seen?.includes(about)) return seen
  const list = inheritors(Function.prototype).filter(
    (value) => typeof value === 'function' && !types.isProxy(value),
  )
  if (
    whenCaptured(() => {
      seen = undefined
    })
  )
    seen = list
  return list
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
