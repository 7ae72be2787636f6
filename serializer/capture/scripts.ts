// Scripts by V8's scriptId: where they come from and the text that really ran. The Debugger domain tells, and is
// on only from when it is asked until it was of no use for a while.
import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers'
import { release } from './handover.ts'
import { forgetSnapshot } from './hidden-slots.ts'
import { listenForScripts, post } from './session.ts'

export interface ScriptRecord {
  readonly scriptId: string
  /** file:, node:, or what the script calls itself; empty for eval without a name. */
  readonly url: string
  readonly isModule: boolean
  /** It may be what an `eval` made: it has no name, or one that its text gives it. */
  readonly mayBeEval: boolean
  /** Where the script begins in its file: inline scripts and wrappers. */
  readonly startLine: number
  readonly startColumn: number
  /** As the script names it; empty for none. */
  readonly sourceMapUrl: string
  /** The text that V8 compiled, after any transformation. */
  source(): string
}

const { max, min } = Math

/** As of the last time that the Debugger was enabled, and since. */
let scripts = new Map<string, ScriptRecord>()
const lineStarts = new WeakMap<ScriptRecord, readonly number[]>()
let enabled = false
let announcing = false
let users = 0
let captures = 0
const standing: (() => void)[] = []
let idle = 0
let switchedOff = 0
const MOST_IDLE = 200
let learned = 0
const MOST_LEARNED = 50
/** Milliseconds that it stays on at least and at most when it is of no use any more. */
const SHORTEST = 5
const LONGEST = 50
let isUsed = false

/** Runs something with the Debugger domain on. */
export function withDebugger<T>(work: () => T): T {
  users++
  try {
    enable()
    return work()
  } finally {
    users--
  }
}

/** Runs what captures a lot; what stood only for that is taken away, and what was handed over is let go of. */
export function capturing<T>(work: () => T): T {
  beginCapture()
  try {
    return work()
  } finally {
    endCapture()
  }
}

/** What `capturing` does before and behind it, for what has no function to be called. */
export function beginCapture(): void {
  users++
  captures++
}

export function endCapture(): void {
  if (--captures === 0) takeAway()
  if (--users === 0) {
    forgetSnapshot()
    release(true)
  }
}

/** Has something done when the capture that is under way is over; false if none is. */
export function whenCaptured(work: () => void): boolean {
  if (captures > 0) standing[standing.length] = work
  return captures > 0
}

function takeAway(): void {
  if (standing.length === 0) return
  for (let i = 0; i < standing.length; i++) standing[i]()
  standing.length = 0
}

/**
 * Enabling it makes V8 walk its heap and announce every script of the thread: 5 ms in a small program, 25 ms in a
 * large one. While it is on, an `await` takes a microsecond more and `eval` four times as long. So it stays on, and tells
 * of new scripts, until it was of no use for as long as enabling it took: that costs at most twice of what the best moment to
 * switch it off would (the ski rental problem). It pauses nowhere.
 */
function enable(): void {
  idle = 0
  isUsed = true
  // Scripts that came up and are gone are forgotten when it is enabled anew; not within other work.
  if (enabled && (learned <= MOST_LEARNED || users > 1)) return
  if (enabled) switchOff()
  learned = 0
  const known = scripts
  scripts = new Map()
  listenForScripts((params) => learn(params as never, known))
  announcing = true
  const began = performance.now()
  try {
    post('Debugger.enable')
    enabled = true
    post('Debugger.setSkipAllPauses', { skip: true })
  } finally {
    announcing = false
    if (enabled) disableAfter(performance.now() - began)
    else listenForScripts(null)
  }
}

function disableAfter(milliseconds: number): void {
  const time = min(max(milliseconds, SHORTEST), LONGEST)
  isUsed = false
  const since = switchedOff
  const timer = setTimeout(() => {
    if (!enabled || switchedOff !== since) return
    if (users === 0 && !isUsed) return switchOff()
    isUsed = false
    timer.refresh()
  }, time).unref()
}

/** How often the Debugger was switched off: then it has forgotten all breakpoints. */
export function timesSwitchedOff(): number {
  return switchedOff
}

function switchOff(): void {
  enabled = false
  switchedOff++
  post('Debugger.disable')
  listenForScripts(null)
}

/** While it is on, every capture is slower: V8 announces the inspector's own scripts. After many, off is cheaper. */
export function noteCapture(): void {
  if (enabled && ++idle > MOST_IDLE) switchOff()
}

/** Undefined for a script that was collected. */
export function scriptOf(scriptId: string): ScriptRecord | undefined {
  const known = scripts.get(scriptId)
  if (known) return known
  // Not announced, for it is newer than that: again.
  if (enabled) switchOff()
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
  readonly hasSourceURL?: boolean
  readonly startLine: number
  readonly startColumn: number
  readonly sourceMapURL?: string
}

function learn(params: ScriptParsed, known: ReadonlyMap<string, ScriptRecord>): void {
  // What comes up while we are at work is our own.
  if (users > 0 && !announcing) return
  if (!announcing) learned++
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
    mayBeEval: url === '' || params.hasSourceURL === true,
    startLine,
    startColumn,
    sourceMapUrl: params.sourceMapURL ?? '',
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
