// How the command fails. A mistake in its use is told in a few lines, without a stack; an error of the program that
// it runs keeps its stack.
import { join } from 'node:path'
import { inspect } from 'node:util'
import { CommanderError } from 'commander'
import { messageOf, textOf } from '../../runtime-env/message.ts'
import { PicklingError, type PicklingProblem, UnpicklingError } from '../../serializer/index.ts'
import { isOwnFrame } from '../own-frames.ts'

/** The command was used wrongly: exit code 2, and the message alone. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** It could not go on: exit code 1, and the message alone. */
export class EndedError extends Error {
  override readonly name = 'EndedError'
}

/** A module of the user's could not even start: exit code 1, and the message alone. */
export class BrokenModuleError extends Error {
  override readonly name = 'BrokenModuleError'
}

/** Code of the user's threw `cause`: exit code 1, and its stack. `action` says what it was to do. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError'
  constructor(action: string, cause: unknown) {
    super(action, { cause })
  }
}

/** What is in the way of packing a value; as a rule one, but all of them are told at once. */
export class PackError extends Error {
  override readonly name = 'PackError'
  readonly problems: readonly PicklingProblem[]
  constructor(what: string, problems: readonly PicklingProblem[]) {
    super(`${what} can't be packed`)
    this.problems = problems
  }
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  return error instanceof UsageError ? 2 : 1
}

export function reportFailure(error: unknown): void {
  if (isJson()) return reportAsJson(error)
  // Commander has printed its own.
  if (error instanceof CommanderError) return
  console.error(describe(error))
}

/** Whether the command was asked for JSON; its mistakes may be found before its options are read. */
export function isJson(): boolean {
  const end = process.argv.indexOf('--')
  return process.argv.slice(2, end < 0 ? undefined : end).includes('--json')
}

/** In one line: a task's output may be on stderr, too. */
function reportAsJson(error: unknown): void {
  // It was asked for help, or for the version.
  if (error instanceof CommanderError && error.exitCode === 0) return
  console.error(JSON.stringify({ error: asData(error) }))
}

function asData(error: unknown): object {
  if (error instanceof CommanderError)
    return { name: 'UsageError', message: error.message.replace(/^error: /, '') }
  if (isToldByMessage(error)) return { name: error.name, message: error.message }
  if (error instanceof PackError)
    return { name: error.name, message: error.message, problems: error.problems.map(problemAsData) }
  if (error instanceof PicklingError) return { ...thrownAsData(error), problems: [problemAsData(error)] }
  if (error instanceof ProgramError) {
    withoutOwnFrames(error.cause)
    const message = `${error.message} ${messageOf(error.cause)}`
    return { name: error.name, message, cause: thrownAsData(error.cause) }
  }
  return thrownAsData(error)
}

function problemAsData({ path, location, reason, remedy }: PicklingProblem): object {
  return { path, location, reason, remedy }
}

/** With its causes, each once. */
function thrownAsData(thrown: unknown, seen: readonly unknown[] = []): object {
  try {
    if (thrown instanceof Error) {
      const { name, message, stack, cause } = thrown
      const isNew = cause !== undefined && !seen.includes(cause)
      return {
        ...{ name: String(name), message: String(message), stack: String(stack) },
        ...(isNew && { cause: thrownAsData(cause, [...seen, thrown]) }),
      }
    }
  } catch {
    // Getters of the user's that throw.
  }
  return { thrown: textOf(thrown) }
}

function isToldByMessage(error: unknown): error is Error {
  return (
    error instanceof UsageError ||
    error instanceof EndedError ||
    error instanceof BrokenModuleError ||
    error instanceof UnpicklingError
  )
}

function describe(error: unknown): string {
  if (isToldByMessage(error)) return `cornichon: ${error.message}`
  if (error instanceof PackError) {
    return [`cornichon: ${error.message}`, ...error.problems.map(describeProblem)].join('\n')
  }
  if (error instanceof PicklingError) return `cornichon: can't be packed\n${describeProblem(error)}`
  if (error instanceof ProgramError) {
    withoutOwnFrames(error.cause)
    return `cornichon: ${error.message}\n${describeThrown(error.cause)}`
  }
  return `cornichon: this looks like a fault of cornichon's own; please report it\n${describeThrown(error)}`
}

function describeProblem({ path, location, reason, remedy }: PicklingProblem): string {
  return [
    `  where:  ${path}${location === undefined ? '' : `\n          ${location}`}`,
    `  why:    ${reason}`,
    `  remedy: ${remedy}`,
  ].join('\n')
}

/** Where the library stands that the command is told by. */
const COMMANDER = join('commander', 'lib', 'command.js')

/** Does a line of a stack stand in the command itself? */
export const isCommandsFrame = (frame: string) => isOwnFrame(frame) || frame.includes(COMMANDER)

/** Takes the frames that called the program from the end of an error's stack, and of its causes'. */
function withoutOwnFrames(thrown: unknown, seen = new Set<unknown>()): void {
  if (!(thrown instanceof Error) || seen.has(thrown)) return
  seen.add(thrown)
  const { stack } = thrown
  if (typeof stack === 'string') {
    const lines = stack.split('\n')
    const isLeftOut = (line: string) =>
      /^\s+at /.test(line) && (isCommandsFrame(line) || line.includes('(node:internal/'))
    let end = lines.length
    while (end > 0 && isLeftOut(lines[end - 1])) end--
    try {
      // Where none is ours, Node's say who called.
      if (lines.slice(end).some(isCommandsFrame)) thrown.stack = lines.slice(0, end).join('\n')
    } catch {
      // It is frozen, and shows what it has.
    }
  }
  withoutOwnFrames(thrown.cause, seen)
  if (thrown instanceof AggregateError) for (const each of thrown.errors) withoutOwnFrames(each, seen)
}

/** With the program's part of the stack, the causes, and the properties that errors are given. */
function describeThrown(thrown: unknown): string {
  return thrown instanceof Error ? inspect(thrown) : `thrown: ${inspect(thrown)}`
}
