// Evaluates an expression inside a live closure without running the closure's body.
//
// A breakpoint on the function has a condition; the condition first asks V8 to terminate execution, which is held
// back until the condition is done, then evaluates the expression in the function's scope. The termination strikes
// before the first bytecode of the body, and Runtime.evaluate, which made the call, swallows it.
// About 0.4 ms. What the expression returns (closures over the scope, say) stays good for ever.
//
// Before the function is called, a function of our own is: if that one isn't stopped (V8 stops nothing within a
// debugger's pause or the condition of a breakpoint), the function isn't called. Of the probes of one capture the first does so.
import {
  ReflectDefineProperty,
  ReflectDeleteProperty,
  ReflectGetOwnPropertyDescriptor,
} from '../primordials.ts'
import { type CapturedFunction, captureFunction } from './functions.ts'
import { mainGlobal, release } from './handover.ts'
import { Breakpoints } from './probe-breakpoints.ts'
import {
  callAnyhow,
  checkEntry,
  checkExpression,
  checkScript,
  type Enterable,
  type ProbeFacts,
} from './probe-entry.ts'
import { ProbeError } from './probe-error.ts'
import { checkClasses, checkScopes } from './probe-scopes.ts'
import { scriptOf, whenCaptured, withDebugger } from './scripts.ts'
import { tryPost } from './session.ts'

/** How the condition of a breakpoint finds us: a global that exists while a probe is under way. */
const NAME = `$cornichon_${Math.random().toString(36).slice(2)}`
/** Where the user's code meets a breakpoint, there is no such global, and nothing is to be done. */
const stopAnd = (work: string) => `typeof ${NAME} === 'object' && (${NAME}.stop(), ${work})`
/** Milliseconds. With any limit V8 takes back, at the end, a termination that has struck nothing. */
const LIMIT = 5000
/** Some 50 KB: what a probe takes, and a very large function. */
const STACK_FRAMES = 1000
let running = false

/**
 * Evaluates an expression in the function's scope. Rethrows what it throws; throws ProbeError if it can't be asked.
 * `receive` gets the result while nothing can be interrupted or paused, and its result is returned. With `times`, the
 * function is entered as often, and what `receive` says the last time is returned. `fieldsAreInert`: of a class, initializing
 * the fields of an instance runs nothing that has an effect.
 */
export function probe(
  fn: object,
  facts: ProbeFacts,
  expression: string,
  receive: (result: unknown) => unknown = asItIs,
  captured: CapturedFunction = captureFunction(fn),
  times = 1,
  fieldsAreInert = false,
): unknown {
  if (running) throw new ProbeError('a probe is under way')
  takeStack(STACK_FRAMES)
  const enterable = checkEntry(fn, facts, fieldsAreInert)
  checkExpression(expression, enterable.facts)
  return enter(fn, enterable, expression, receive, captured, times)
}

let standing: Breakpoints | null = null

/**
 * While much is captured, breakpoints stay until that is over. The user's code may run meanwhile, a reducer's say, and meet
 * one: there is no channel then.
 */
function breakpointsForNow(): Breakpoints {
  if (standing) return standing
  const made = new Breakpoints()
  const isForLong = whenCaptured(() => {
    standing = null
    made.remove()
  })
  if (isForLong) standing = made
  return made
}

function asItIs(result: unknown): unknown {
  return result
}

/** Where the stack ends within a condition, its function would run: throws the RangeError before that. */
function takeStack(frames: number): number {
  return frames === 0 ? 0 : takeStack(frames - 1) + 1
}

let canaryRan = false

/** Runs only if nothing is stopped. */
function canary(): void {
  canaryRan = true
}

function enter(
  fn: object,
  enterable: Enterable,
  expression: string,
  receive: (result: unknown) => unknown,
  captured: CapturedFunction,
  times: number,
): unknown {
  if (captured.scriptId === undefined) throw new ProbeError('it is no function with a source text')
  // What a module of asm.js exports has a text like any function, and is WebAssembly for all that.
  if (enterable.facts.form === 'function' && captured.scopes.length < 2)
    throw new ProbeError('it sees nothing but global variables')
  checkScopes(captured.scopes, NAME)
  checkClasses(captured.scopes, enterable)
  let state: State = 'unmet'
  let stopped = false
  let outcome: unknown
  const channel = {
    // Nothing is answered before the termination has struck, unless it is refused.
    stop: () => {
      stopped = tryPost('Runtime.terminateExecution', {}) === undefined
    },
    done: (value: unknown) => {
      try {
        outcome = receive(value)
        state = 'done'
      } catch (error) {
        return channel.threw(error)
      }
      return false
    },
    threw: (error: unknown) => {
      state = 'threw'
      outcome = error
      return false
    },
    canary,
    call: () => callAnyhow(fn, enterable),
  }
  const { scopes } = captured
  const outermost = scopes[scopes.length - 1]
  const realm = outermost?.type === 'Global' ? outermost.object : globalThis
  running = true
  const globals: object[] = []
  try {
    for (const global of [mainGlobal(), globalThis, realm]) defineChannel(global, channel, globals)
    // Scripts are announced when the Debugger is switched on: before it is on for the breakpoint.
    checkScript(fn, enterable, captured)
    if (enterable.atBody) scriptOf(captured.scriptId)?.source()
    withDebugger(() => {
      refuseWhenPaused()
      const condition = stopAnd(
        `(() => { try { return ${NAME}.done((${expression}\n)) } catch ($error) { return ${NAME}.threw($error) } })()`,
      )
      const breakpoints = breakpointsForNow()
      try {
        if (breakpoints.setFirst(canary, stopAnd('false'))) {
          canaryRan = false
          run('canary')
          if (canaryRan || !stopped) {
            breakpoints.remove()
            throw new ProbeError('V8 does not stop functions here and now')
          }
        }
        breakpoints.set(fn, enterable, captured, condition)
        for (let left = times; left > 0; left--) {
          state = 'unmet'
          run('call')
          if ((state as State) !== 'done') break
        }
      } finally {
        if (breakpoints !== standing) breakpoints.remove()
      }
    })
  } finally {
    running = false
    for (let i = 0; i < globals.length; i++) ReflectDeleteProperty(globals[i], NAME)
    release(false)
  }
  if (state === 'unmet') throw new ProbeError('the function was not met where it should have been')
  if (state === 'threw') throw outcome
  return outcome
}

type State = 'unmet' | 'done' | 'threw'

function run(method: 'canary' | 'call'): void {
  tryPost('Runtime.evaluate', { expression: `${NAME}.${method}()`, silent: true, timeout: LIMIT })
}

/** What is not found there would let the body run. */
function defineChannel(global: object, channel: object, globals: object[]): void {
  if (ReflectGetOwnPropertyDescriptor(global, NAME)?.value === channel) return
  ReflectDefineProperty(global, NAME, { value: channel, configurable: true })
  if (ReflectGetOwnPropertyDescriptor(global, NAME)?.value !== channel)
    throw new ProbeError('the global object takes no more properties')
  globals[globals.length] = global
}

/** Within a pause of another debugger the termination would strike that debugger's code: V8 tells by its error. */
function refuseWhenPaused(): void {
  const message = tryPost('Debugger.evaluateOnCallFrame', { callFrameId: '', expression: '0' })
  if (!message?.includes('while paused')) throw new ProbeError('a debugger has paused this thread')
}
