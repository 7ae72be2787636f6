// Scripts by V8's scriptId: where they come from and the text that really ran. The Debugger domain tells, and is
// on only while it is asked.
import { release } from './handover.ts'
import { forgetSnapshot } from './hidden-slots.ts'
import { post, withScripts } from './session.ts'

export interface ScriptRecord {
  readonly scriptId: string
  /** file:, node:, or what the script calls itself; empty for eval without a name. */
  readonly url: string
  readonly isModule: boolean
  /** Where the script begins in its file: inline scripts and wrappers. */
  readonly startLine: number
  readonly startColumn: number
  /** The text that V8 compiled, after any transformation. */
  source(): string
}

/** As of the last time that the Debugger was enabled. */
let scripts = new Map<string, ScriptRecord>()
const lineStarts = new WeakMap<ScriptRecord, readonly number[]>()
let enabled = false
let users = 0

/**
 * Runs something with the Debugger domain on. V8 announces every script of the thread when it is enabled, which
 * takes 5 ms in a small program and 25 ms in a large one: within `capturing` it stays on till the end of that.
 */
export function withDebugger<T>(work: () => T): T {
  users++
  try {
    if (!enabled) enable()
    return work()
  } finally {
    if (--users === 0) disable()
  }
}

/** Runs what captures a lot; nothing of it is left behind: the Debugger is off and what was handed over let go. */
export function capturing<T>(work: () => T): T {
  users++
  try {
    return work()
  } finally {
    if (--users === 0) {
      disable()
      forgetSnapshot()
      release(true)
    }
  }
}

function enable(): void {
  const known = scripts
  scripts = new Map()
  withScripts(
    (params) => learn(params as never, known),
    () => post('Debugger.enable'),
  )
  enabled = true
}

function disable(): void {
  if (!enabled) return
  enabled = false
  post('Debugger.disable')
}

/** Undefined for a script that was collected. */
export function scriptOf(scriptId: string): ScriptRecord | undefined {
  const known = scripts.get(scriptId)
  if (known) return known
  // Not announced, for it is newer than that: again.
  if (enabled) disable()
  withDebugger(() => {})
  return scripts.get(scriptId)
}

/** The urls of all scripts that V8 has in this thread. */
export function loadedUrls(): ReadonlySet<string> {
  return withDebugger(() => {
    const urls = new Set<string>()
    for (const script of scripts.values()) urls.add(script.url)
    return urls
  })
}

interface ScriptParsed {
  readonly scriptId: string
  readonly url: string
  readonly isModule?: boolean
  readonly startLine: number
  readonly startColumn: number
}

function learn(params: ScriptParsed, known: ReadonlyMap<string, ScriptRecord>): void {
  const { scriptId, url, startLine, startColumn } = params
  const before = known.get(scriptId)
  if (before) {
    scripts.set(scriptId, before)
    return
  }
  let text: string | undefined
  scripts.set(scriptId, {
    scriptId,
    url,
    isModule: params.isModule === true,
    startLine,
    startColumn,
    source() {
      text ??= withDebugger(() => post('Debugger.getScriptSource', { scriptId }).scriptSource as string)
      return text
    },
  })
}

/** The offset into the script's text of a zero-based position in its file. */
export function offsetOf(script: ScriptRecord, line: number, column: number): number {
  let starts = lineStarts.get(script)
  if (!starts) lineStarts.set(script, (starts = startsOf(script.source())))
  const relative = line - script.startLine
  return (starts[relative] ?? 0) + (relative === 0 ? column - script.startColumn : column)
}

/** The reverse of offsetOf. */
export function positionAt(script: ScriptRecord, offset: number): { line: number; column: number } {
  let starts = lineStarts.get(script)
  if (!starts) lineStarts.set(script, (starts = startsOf(script.source())))
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (starts[middle] <= offset) low = middle
    else high = middle - 1
  }
  const column = offset - starts[low]
  return { line: low + script.startLine, column: low === 0 ? column + script.startColumn : column }
}

/** ECMAScript's LineTerminatorSequence. */
function startsOf(text: string): number[] {
  const starts = [0]
  for (const match of text.matchAll(/\r\n|[\n\r\u2028\u2029]/g)) starts.push(match.index + match[0].length)
  return starts
}
