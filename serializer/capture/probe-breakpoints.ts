// The breakpoints of a probe: on a function of our own first, then on the function that is probed. Each costs V8 a walk
// over the heap or two, and belongs to a function's code, which all closures of one place share: so probes in a row
// that ask the same keep them.
import type { CapturedFunction } from './functions.ts'
import { objectIdOf } from './handover.ts'
import type { Enterable } from './probe-entry.ts'
import { ProbeError } from './probe-error.ts'
import { offsetOf, positionAt, type ScriptRecord, scriptOf, timesSwitchedOff } from './scripts.ts'
import { post, tryPost } from './session.ts'

/** Breakpoints that are kept. */
const MOST = 100

export class Breakpoints {
  #first: string | undefined
  #condition = ''
  #switchedOff = timesSwitchedOff()
  #ids: string[] = []
  /** Where functions begin in their scripts, by the places that were asked for. */
  #begins = new Map<string, number>()

  /** Is the breakpoint on that function new? */
  setFirst(fn: object, condition: string): boolean {
    if (this.#switchedOff !== timesSwitchedOff()) {
      this.#switchedOff = timesSwitchedOff()
      this.#first = undefined
      this.#ids = []
      this.#begins.clear()
    }
    if (this.#first !== undefined) return false
    this.#first = breakAtCall(fn, condition)
    return true
  }

  /** From now on calls of the function stop at its body's begin, under the condition. */
  set(fn: object, enterable: Enterable, captured: CapturedFunction, condition: string): void {
    if (condition !== this.#condition || this.#ids.length >= MOST) {
      this.#removeAll()
      this.#condition = condition
    }
    try {
      this.#ids[this.#ids.length] = enterable.atBody
        ? breakAtBody(enterable, captured, condition, this.#begins)
        : breakAtCall(fn, condition)
    } catch (error) {
      // Another closure of the same code has set it: V8 compares the code itself.
      if (this.#ids.length === 0 || !isThereAlready(error)) throw error
    }
  }

  remove(): void {
    this.#removeAll()
    if (this.#first !== undefined) tryPost('Debugger.removeBreakpoint', { breakpointId: this.#first })
    this.#first = undefined
  }

  #removeAll(): void {
    for (let i = 0; i < this.#ids.length; i++)
      tryPost('Debugger.removeBreakpoint', { breakpointId: this.#ids[i] })
    this.#ids = []
    this.#begins.clear()
  }
}

/** (In a vm context, V8's errors are instances of another realm's Error.) */
function isThereAlready(error: unknown): boolean {
  return String((error as Error).message).includes('already exists')
}

function breakAtCall(fn: object, condition: string): string {
  return post('Debugger.setBreakpointOnFunctionCall', { objectId: objectIdOf(fn), condition }).breakpointId
}

/** With defaults or patterns among the parameters, V8's first place to stop at is within them, and may be passed by. */
function breakAtBody(
  { facts, entry }: Enterable,
  captured: CapturedFunction,
  condition: string,
  begins: Map<string, number>,
): string {
  const script = captured.scriptId === undefined ? undefined : scriptOf(captured.scriptId)
  if (!script) throw new ProbeError('the function has no script')
  const { text } = facts
  const start = script.source().lastIndexOf(text, offsetOf(script, captured.line, captured.column))
  if (start < 0) throw new ProbeError('the function was not found in its script')
  const own = placesOf(script, start + entry.offset, start + text.length)
  // V8 takes the first place in the order of the bytecode; but if a function within this one has a place that is nearer,
  // the first of that function's: then from behind it.
  for (let at = start + entry.offset, tries = 0; tries < MOST_TRIES; tries++) {
    const place = `${script.scriptId}:${at}`
    // V8 says so, too: by the place, whichever function it was for.
    if (begins.get(place) === start) throw new Error('already exists')
    if (begins.has(place)) break
    const { breakpointId, actualLocation } = post('Debugger.setBreakpoint', {
      location: locationIn(script, at),
      condition,
    })
    const actual = offsetOf(script, actualLocation.lineNumber, actualLocation.columnNumber)
    // What is met exactly need not be the first, unless that was meant.
    if (own.has(actual) && (actual !== at || tries === 0)) {
      begins.set(place, start)
      return breakpointId
    }
    post('Debugger.removeBreakpoint', { breakpointId })
    if (own.has(actual) || actual < at || actual >= start + text.length) break
    at = actual + 1
  }
  throw new ProbeError('V8 would stop elsewhere')
}

/** A function that is passed to the first call of the body may have as many places in front of it. */
const MOST_TRIES = 50

/** The offsets of all places in the function around the first offset, but not in functions within it. */
function placesOf(script: ScriptRecord, start: number, end: number): ReadonlySet<number> {
  const { locations } = post('Debugger.getPossibleBreakpoints', {
    start: locationIn(script, start),
    end: locationIn(script, end),
    restrictToFunction: true,
  })
  const places = new Set<number>()
  for (let i = 0; i < locations.length; i++)
    places.add(offsetOf(script, locations[i].lineNumber, locations[i].columnNumber))
  return places
}

function locationIn(script: ScriptRecord, offset: number): object {
  const { line, column } = positionAt(script, offset)
  return { scriptId: script.scriptId, lineNumber: line, columnNumber: column }
}
