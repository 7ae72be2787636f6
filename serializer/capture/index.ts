// Live value -> facts. The only folder that talks to V8.
export { type CapturedFunction, captureFunction, type ScopeRecord } from './functions.ts'
export { release } from './handover.ts'
export { functionHolders, functionsOf } from './heap.ts'
export { ProbeError, type ProbeFacts, probe } from './probe.ts'
export { loadedUrls, offsetOf, type ScriptRecord, scriptOf } from './scripts.ts'
export { CaptureUnavailableError } from './session.ts'
export { internalSlots, type PrivateElement, privateElements } from './slots.ts'
export { probeArguments, probeThis, probeVariables, type Variable } from './variables.ts'
