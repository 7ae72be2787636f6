// Live value -> facts. The only folder that talks to V8.

export { isConstructor, isUntouchedFunction, ownOfSloppy } from './function-classes.ts'
export {
  bindingIn,
  type CapturedBinding,
  type CapturedFunction,
  captureFunction,
  captureFunctions,
  isStrictFunction,
  type ScopeRecord,
  WITH,
} from './functions.ts'
export { functionsOf } from './heap.ts'
export { hasFastProperties, haveSameHiddenClass, seesHiddenClasses } from './hidden-class.ts'
export { contextThisOf, contextWith, homesOf } from './hidden-slots.ts'
export { hasPrivateNames } from './private-names.ts'
export { probe } from './probe.ts'
export type { ProbeFacts } from './probe-entry.ts'
export { isReferenceError, ProbeError } from './probe-error.ts'
export {
  beginCapture,
  capturing,
  endCapture,
  loadedUrls,
  offsetOf,
  type ScriptRecord,
  scriptOf,
} from './scripts.ts'
export { CaptureUnavailableError } from './session.ts'
export { internalSlots, type PrivateElement, privateElements } from './slots.ts'
export { originalPosition } from './source-map.ts'
export { probeArguments, probeThis, probeVariables, type Variable } from './variables.ts'
