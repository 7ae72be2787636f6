// Were modules loaded meanwhile? To list the keys of require.cache takes 25 us where there are a thousand: ten times as long as
// to pickle a small message. From Node 22 on, Node tells of each `require` (also of that by which ES modules import CommonJS).
import { subscribe } from 'node:diagnostics_channel'
import { createRequire } from 'node:module'

let mayHaveLoaded = false

/** The next answer is that there may be some. */
export function expectModules(): void {
  mayHaveLoaded = true
}

// What a module loads, it may pickle before it is loaded itself.
subscribe('tracing:module.require:start', expectModules)
subscribe('tracing:module.require:end', expectModules)

createRequire(import.meta.url)('node:path')
const isTold = mayHaveLoaded
expectModules()

/** False if certainly no module was loaded since this was asked before. */
export function modulesMayHaveLoaded(): boolean {
  const may = mayHaveLoaded || !isTold
  mayHaveLoaded = false
  return may
}
