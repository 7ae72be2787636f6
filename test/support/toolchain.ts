// Proves that what a toolchain made can be pickled: a program, compiled or run by the toolchain, dumps a value in a
// process of its own; the sources are deleted; a plain Node process loads it and, of every other program of a list, dumps
// it again; a third loads that. In all of them the value must do the same.
import { spawn } from 'node:child_process'
import { cpSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import { childEnvironment } from './children.ts'
import { asExpression } from './function-text.ts'
import { distUrl, isTooNew, nodeBinary, root, supportFolder } from './paths.ts'
import { createWorkspace, type Workspace } from './workspace.ts'

export type Exercise = (value: any, context: { require: NodeJS.Require; names: boolean }) => unknown

export interface ToolchainCase {
  readonly goal?: string
  readonly title: string
  /** The first Node that has what it needs. */
  readonly node?: number
  /** Files of the program; all are gone when the bundle is loaded. */
  readonly files: () => Record<string, string>
  /** Packages of this checkout that the program needs, and the tool that runs it; 'cornichon' is the one built here. */
  readonly installed?: readonly string[]
  /** Arguments of the Node that runs the program; relative paths are inside its folder. */
  readonly run: readonly string[]
  readonly stdin?: string
  readonly environment?: Record<string, string>
  /** Says what the value does; its text is moved, so it uses nothing of its file. */
  readonly exercise: Exercise
  readonly expected: unknown
  /** Functions are called as they were written. */
  readonly names?: boolean
  /** `dumps` must refuse it, saying this. */
  readonly refused?: RegExp
}

interface Outcome {
  readonly done?: unknown
  readonly failed?: string
}

interface Proof {
  readonly output: string
  readonly sent?: Outcome
  readonly loaded?: Outcome
  /** What the copy's own copy did; left out if none was asked for. */
  readonly again?: Outcome
}

/** Packages that a program uses by reference: installed at all sides. */
const packages = {
  'greeter/package.json': JSON.stringify({ name: 'greeter', version: '1.0.0', main: 'index.js' }),
  'greeter/index.js': `
    let calls = 0
    exports.greet = function greet(name) { calls++; return 'Hello, ' + name + ' ' + calls }`,
  'tools/package.json': JSON.stringify({ name: 'tools', version: '2.0.0', main: './lib/main.js' }),
  'tools/lib/main.js': `module.exports = { name: 'tools', twice: (x) => x * 2 }`,
}

export const sendFile = pathToFileURL(join(supportFolder, 'child', 'send.mjs')).href

async function prove(it: ToolchainCase, isCopiedAgain: boolean): Promise<Proof> {
  const workspace = createWorkspace()
  try {
    for (const side of ['source', 'receiver']) install(workspace, side)
    for (const [path, text] of Object.entries(it.files())) workspace.write({ [join('source', path)]: text })
    for (const name of it.installed ?? []) installFromHere(workspace, name)
    workspace.write({ 'exercise.mjs': `export const exercise = ${asExpression('exercise', it.exercise)}\n` })
    const job = {
      cornichon: distUrl,
      exercise: workspace.path('exercise.mjs'),
      names: it.names ?? false,
      gone: [workspace.path('source')],
    }
    const file = (name: string) => workspace.path(name)
    const write = (name: string, more: object) =>
      workspace.write({ [name]: JSON.stringify({ ...job, ...more }) })

    write('send.json', { folder: file('source'), bundle: file('first.bin'), sent: file('sent.json') })
    const output = await run(it.run, {
      cwd: file('source'),
      stdin: it.stdin,
      environment: { C21_JOB: file('send.json'), C21_SEND: sendFile, ...it.environment },
    })
    workspace.remove('source')
    const sent = read(file('sent.json'))
    if (!existsSync(file('first.bin'))) return { output, sent }

    const receiver = { cwd: file('receiver') }
    const script = join(supportFolder, 'child', 'receive.mjs')
    const folder = file('receiver')
    write('load.json', {
      folder,
      bundle: file('first.bin'),
      again: isCopiedAgain ? file('second.bin') : null,
      received: file('1.json'),
    })
    write('again.json', { folder, bundle: file('second.bin'), received: file('2.json') })
    const first = await run([script, file('load.json')], receiver)
    const second = existsSync(file('second.bin')) ? await run([script, file('again.json')], receiver) : ''
    return {
      output: output + first + second,
      sent,
      loaded: read(file('1.json')),
      again: read(file('2.json')),
    }
  } finally {
    workspace.remove()
  }
}

function install(workspace: Workspace, side: string): void {
  for (const [path, text] of Object.entries(packages))
    workspace.write({ [join(side, 'node_modules', path)]: text })
}

/** Cornichon itself is copied: tools treat what is under node_modules as foreign by its real path. */
function installFromHere(workspace: Workspace, name: string): void {
  const path = join('source', 'node_modules', name)
  if (name !== 'cornichon') return workspace.link(path, join(root, 'node_modules', name))
  cpSync(join(root, 'dist'), workspace.path(path, 'dist'), { recursive: true })
  cpSync(join(root, 'package.json'), workspace.path(path, 'package.json'))
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  for (const dependency of Object.keys(dependencies)) installFromHere(workspace, dependency)
}

const read = (file: string): Outcome | undefined =>
  existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined

interface RunOptions {
  readonly cwd: string
  readonly stdin?: string
  readonly environment?: Record<string, string>
}

const limitMilliseconds = 25_000

/** Runs Node to its end; what it printed, and how it ended if not well. */
function run(args: readonly string[], { cwd, stdin, environment }: RunOptions): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(nodeBinary, args, { cwd, env: { ...childEnvironment(), ...environment } })
    let output = ''
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4_000)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    // A program that ended before it read all.
    child.stdin.on('error', () => {})
    child.stdin.end(stdin ?? '')
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMilliseconds)
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve(code === 0 ? output : `${output}\n(exit code ${code}, signal ${signal})`)
    })
  })
}

/** In words, and those parts alone that differ. */
function differences(outcome: Outcome | undefined, expected: any): string[] {
  if (outcome === undefined) return ['nothing came']
  if (outcome.failed !== undefined) return [outcome.failed]
  const done = outcome.done as any
  if (!isObject(done) || !isObject(expected))
    return isDeepStrictEqual(done, expected) ? [] : [tell(done, expected)]
  return [...new Set([...Object.keys(expected), ...Object.keys(done)])]
    .filter((key) => !isDeepStrictEqual(done[key], expected[key]))
    .map((key) => `${key}: ${tell(done[key], expected[key])}`)
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)
const tell = (done: unknown, expected: unknown) =>
  `${JSON.stringify(done)} instead of ${JSON.stringify(expected)}`

/** Its stack says nothing: what matters is in the message. */
function failure(message: string): Error {
  const error = new Error(message)
  error.stack = `${error.name}: ${message}`
  return error
}

/** A test for each case; as many at a time as the machine has cores. */
export function toolchains(name: string, cases: readonly ToolchainCase[]): void {
  describe(name, { concurrent: true }, () => {
    for (const [place, it] of cases.entries()) {
      if (isTooNew(it.node)) continue
      const isCopiedAgain = place % 2 === 0
      const goal = it.goal ?? 'C21'
      test(`${goal} ${it.title}`, async ({ task }) => {
        task.meta.goal = { goal, title: it.title, state: it.refused ? 'refused' : 'kept', node: it.node }
        const proof = await prove(it, isCopiedAgain)
        if (it.refused) {
          expect(proof.sent?.failed, proof.output).toMatch(it.refused)
          return
        }
        const stages = ['sent', 'loaded', ...(isCopiedAgain ? ['again' as const] : [])] as const
        const problems = stages.flatMap((stage) =>
          differences(proof[stage], it.expected).map((problem) => `${stage}: ${problem}`),
        )
        if (problems.length > 0) throw failure([...problems, proof.output].join('\n'))
      })
    }
  })
}

export const tsxLoader = pathToFileURL(join(root, 'node_modules', 'tsx', 'dist', 'loader.mjs')).href
