// What the tests of capture/ share: asking a function with the facts of its own text, and programs of their own.
import { spawnSync } from 'node:child_process'
import { analyzeFunction } from '../../serializer/analyze/index.ts'
import { captureFunction, probe, type ScopeRecord } from '../../serializer/capture/index.ts'
import { childEnvironment } from '../support/children.ts'
import { moduleUrl, nodeBinary } from '../support/paths.ts'
import { createWorkspace } from '../support/workspace.ts'

export const factsOf = (fn: object) => analyzeFunction(Function.prototype.toString.call(fn))

export const ask = (fn: object, expression: string): unknown => probe(fn, factsOf(fn), expression)

/** A sloppy script's value: no module, no strict mode, no transformation. */
export const sloppy = (text: string, ...args: unknown[]): never => new Function(`${text}`)(...args) as never

/** The first scope that has a variable of that name. */
export function scopeWith(fn: object, name: string): ScopeRecord {
  const scope = captureFunction(fn).scopes.find(({ object }) => Reflect.ownKeys(object).includes(name))
  if (!scope) throw new Error(`no scope has ${name}`)
  return scope
}

export const valueIn = (scope: ScopeRecord, name: string): unknown =>
  Reflect.getOwnPropertyDescriptor(scope.object, name)?.value

/** Imports for a program: the built serializer, and the parts of it that the tests look at. */
export const imports = `
import { checkSerializable, dumps, loads } from ${JSON.stringify(moduleUrl('index.js'))}
import { analyzeFunction } from ${JSON.stringify(moduleUrl('analyze/index.js'))}
import * as capture from ${JSON.stringify(moduleUrl('capture/index.js'))}
const factsOf = (fn) => analyzeFunction(Function.prototype.toString.call(fn))
`

export interface ProgramOptions {
  readonly nodeArguments?: readonly string[]
  /** Other files beside it. */
  readonly files?: Record<string, string | Uint8Array>
  /** The program's own name: .mjs or .cjs. */
  readonly name?: string
  /** Variables of the environment, beside the usual ones. */
  readonly env?: Record<string, string>
  /** The program imports what it needs by itself. */
  readonly bare?: boolean
}

/** Runs a program in a process of its own; what it writes with `report` is returned. */
export function runProgram(text: string, options: ProgramOptions = {}): unknown {
  const workspace = createWorkspace()
  try {
    const name = options.name ?? 'program.mjs'
    const report = `const report = (value) => process.stdout.write('\\n@@' + JSON.stringify(value) + '\\n')\n`
    workspace.write({
      ...options.files,
      [name]: (options.bare || !name.endsWith('.mjs') ? '' : imports) + report + text,
    })
    const { status, signal, stdout, stderr } = spawnSync(
      nodeBinary,
      [...(options.nodeArguments ?? []), workspace.path(name)],
      {
        cwd: workspace.folder,
        env: { ...childEnvironment(), ...options.env },
        encoding: 'utf8',
        timeout: 60_000,
      },
    )
    const line = stdout.split('\n').find((each) => each.startsWith('@@'))
    if (status !== 0 || line === undefined)
      throw new Error(`the program ended with ${signal ?? status}\n${stdout}\n${stderr}`)
    return JSON.parse(line.slice(2))
  } finally {
    workspace.remove()
  }
}
