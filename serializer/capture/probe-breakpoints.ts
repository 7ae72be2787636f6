// The breakpoints of a probe: on a function of our own first, then on the function that is probed. Each costs V8 a walk
// over the heap or two, and belongs to a function's code, which all closures of one place share: so probes in a row
// that ask the same keep them.
import { FunctionPrototypeToString, ReflectApply } from '../primordials.ts'
import type { CapturedFunction } from './functions.ts'
import { objectIdOf } from './handover.ts'
import { entryOf, type ProbeFacts } from './probe-entry.ts'
import { ProbeError } from './probe-error.ts'
import { offsetOf, positionAt, scriptOf, timesSwitchedOff } from './scripts.ts'
import { post, tryPost } from './session.ts'

/** Breakpoints that are kept. */
const MOST = 100

export class Breakpoints {
  #first: string | undefined
  #condition = ''
  #switchedOff = timesSwitchedOff()
  #ids: string[] = []

  /** Is the breakpoint on that function new? */
  setFirst(fn: object, condition: string): boolean {
    if (this.#switchedOff !== timesSwitchedOff()) {
      this.#switchedOff = timesSwitchedOff()
      this.#first = undefined
      this.#ids = []
    }
    if (this.#first !== undefined) return false
    this.#first = breakAtCall(fn, condition)
    return true
  }

  /** From now on calls of the function stop at its body's begin, under the condition. */
  set(fn: object, facts: ProbeFacts, captured: CapturedFunction, condition: string): void {
    if (condition !== this.#condition || this.#ids.length >= MOST) {
      this.#removeAll()
      this.#condition = condition
    }
    const entry = entryOf(facts)
    try {
      this.#ids[this.#ids.length] =
        entry === null ? breakAtCall(fn, condition) : breakAtBody(fn, entry, captured, condition)
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
  }
}

function isThereAlready(error: unknown): boolean {
  return error instanceof Error && error.message.includes('already exists')
}

function breakAtCall(fn: object, condition: string): string {
  return post('Debugger.setBreakpointOnFunctionCall', { objectId: objectIdOf(fn), condition }).breakpointId
}

/** With defaults or patterns among the parameters, V8's first breakable position is within them, and may be passed by. */
function breakAtBody(fn: object, entry: number, captured: CapturedFunction, condition: string): string {
  const script = captured.scriptId === undefined ? undefined : scriptOf(captured.scriptId)
  if (!script) throw new ProbeError('the function has no script')
  const text = ReflectApply(FunctionPrototypeToString, fn, []) as string
  const start = script.source().lastIndexOf(text, offsetOf(script, captured.line, captured.column))
  if (start < 0) throw new ProbeError('the function was not found in its script')
  const { line, column } = positionAt(script, start + entry)
  const end = positionAt(script, start + text.length)
  const { locations } = post('Debugger.getPossibleBreakpoints', {
    start: { scriptId: script.scriptId, lineNumber: line, columnNumber: column },
    end: { scriptId: script.scriptId, lineNumber: end.line, columnNumber: end.column },
    restrictToFunction: true,
  })
  if (locations.length === 0) throw new ProbeError('the function has no place to stop at')
  const { breakpointId, actualLocation } = post('Debugger.setBreakpoint', {
    location: locations[0],
    condition,
  })
  const actual = offsetOf(script, actualLocation.lineNumber, actualLocation.columnNumber)
  if (actual < start + entry || actual >= start + text.length) {
    post('Debugger.removeBreakpoint', { breakpointId })
    throw new ProbeError('V8 would stop elsewhere')
  }
  return breakpointId
}
