// Runs a script in a process of its own that imports the built package: what it prints as JSON comes back.
import { spawn } from 'node:child_process'
import { childEnvironment } from './children.ts'
import { distUrl, nodeBinary } from './paths.ts'
import { createWorkspace } from './workspace.ts'

export interface ScriptOptions {
  readonly nodeArguments?: readonly string[]
  /** Files in the process's working directory, beside the script. */
  readonly files?: Record<string, string | Uint8Array>
  /** Ends a process that hangs. */
  readonly milliseconds?: number
}

/**
 * `text` is a module's: `cornichon` is in scope, and `report(value)` gives the test a value. Throws if the process
 * fails, hangs or reports nothing.
 */
export async function runScript<T = any>(text: string, options: ScriptOptions = {}): Promise<T> {
  const { nodeArguments = [], files = {}, milliseconds = 60_000 } = options
  const workspace = createWorkspace()
  try {
    workspace.write({ ...files, 'script.mjs': `${prelude}${text}\n` })
    const child = spawn(nodeBinary, [...nodeArguments, 'script.mjs'], {
      cwd: workspace.folder,
      env: childEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    let reported: { value: T } | undefined
    let output = ''
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4_000)
    }
    child.stdout!.on('data', collect)
    child.stderr!.on('data', collect)
    child.on('message', (message) => {
      reported = { value: JSON.parse(message as string) as T }
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), milliseconds)
    const ended = await new Promise<string>((resolve) => {
      child.on('error', (error) => resolve(error.message))
      child.on('close', (code, signal) => resolve(`exit code ${code}, signal ${signal}`))
    })
    clearTimeout(timer)
    if (!reported || ended !== 'exit code 0, signal null')
      throw new Error(`The script failed (${ended}):\n${output}`)
    return reported.value
  } finally {
    workspace.remove()
  }
}

const prelude = `
import * as cornichon from ${JSON.stringify(distUrl)}
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
const report = (value) => new Promise((resolve) => process.send(JSON.stringify(value ?? null), resolve))
`
