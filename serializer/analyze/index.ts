// analyze/: source text to facts (see facts.ts).
export type * from './facts.ts'
export { analyzeFunction, type FunctionHints } from './function.ts'
export { renameFree } from './rename.ts'
export { analyzeScript, isScriptAnalyzed } from './script.ts'
