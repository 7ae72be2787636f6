// Scripts by V8's scriptId: where they come from and the text that really ran. The Debugger domain tells, and is
// on only from when it is asked until the event loop's turn is over.
import { setImmediate } from 'node:timers'
import { currentSession, post } from './session.ts'

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

const scripts = new Map<string, ScriptRecord>()
const lineStarts = new WeakMap<ScriptRecord, readonly number[]>()
let depth = 0
let on = false
let idle = 0
const MOST_IDLE = 200

/** Runs something with the Debugger domain on. Scripts that come up meanwhile are our own, and passed over. */
export function withDebugger<T>(work: () => T): T {
  switchOn()
  depth++
  try {
    return work()
  } finally {
    depth--
  }
}

/**
 * Switching it on makes V8 walk its heap and announce every script (17 ms and more: it hashes their texts), so it
 * stays on until the event loop's turn is over, and tells of new scripts until then. It pauses nowhere.
 */
function switchOn(): void {
  idle = 0
  if (on) return
  const session = currentSession()
  session.on('Debugger.scriptParsed', learn)
  try {
    post('Debugger.enable')
    on = true
    post('Debugger.setSkipAllPauses', { skip: true })
  } finally {
    if (on) setImmediate(switchOff).unref()
    else session.off('Debugger.scriptParsed', learn)
  }
}

/** While it is on, every capture is slower: V8 announces the inspector's own scripts. After many, off is cheaper. */
export function noteCapture(): void {
  if (on && depth === 0 && ++idle > MOST_IDLE) switchOff()
}

function switchOff(): void {
  if (!on) return
  on = false
  post('Debugger.disable')
  currentSession().off('Debugger.scriptParsed', learn)
}

/** Undefined for a script that was collected. */
export function scriptOf(scriptId: string): ScriptRecord | undefined {
  if (!scripts.has(scriptId)) switchOn()
  return scripts.get(scriptId)
}

/** The urls of all scripts that V8 has in this thread. */
export function loadedUrls(): ReadonlySet<string> {
  switchOn()
  const urls = new Set<string>()
  for (const script of scripts.values()) urls.add(script.url)
  return urls
}

function learn({
  params,
}: {
  params: { scriptId: string; url: string; isModule?: boolean; startLine: number; startColumn: number }
}): void {
  if (depth > 0 || scripts.has(params.scriptId)) return
  const { scriptId, url, startLine, startColumn } = params
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
