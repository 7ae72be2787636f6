// Ties the folders together that may not know of each other: references/ asks capture/ where a function comes from.
import {
  CaptureUnavailableError,
  captureFunction,
  internalSlots,
  loadedUrls,
  scriptOf,
} from '../capture/index.ts'
import { configurePackages, configureReferences, registerOwnModule } from '../references/index.ts'
import { isNativeText, sourceOf } from './source.ts'

export function connect(api: Record<string, unknown>, url: string): void {
  configureReferences({
    scriptUrlOf(fn) {
      try {
        const { scriptId } = captureFunction(unbound(fn))
        return scriptId === undefined ? undefined : scriptOf(scriptId)?.url
      } catch (error) {
        // Data can be pickled all the same; whoever needs the function itself is told.
        if (error instanceof CaptureUnavailableError) return undefined
        throw error
      }
    },
  })
  configurePackages({ loadedUrls })
  registerOwnModule('cornichon', api, url)
}

/** As for 'cornichon' itself: another public module of the package, so that bundles refer to what it exports. */
export { registerOwnModule } from '../references/index.ts'

/** What a bound function calls in the end. */
function unbound(fn: object): object {
  let target: unknown = fn
  for (let next: unknown = fn; typeof next === 'function'; target = next, next = boundTarget(next));
  return target as object
}

function boundTarget(fn: object): unknown {
  return isNativeText(sourceOf(fn)) ? internalSlots(fn).get('[[TargetFunction]]') : undefined
}
