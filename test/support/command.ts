// Runs the built `cornichon` command, or any script, as a user does: in a process and a folder of its own.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { childEnvironment } from './children.ts'
import { nodeBinary, root } from './paths.ts'

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export const commandFile = join(root, 'dist', 'executor', 'cli', 'index.js')

export function cornichon(folder: string, ...args: string[]): Outcome {
  return runNode(folder, commandFile, ...args)
}

export function runNode(folder: string, ...args: string[]): Outcome {
  return runProgram(folder, nodeBinary, args)
}

export function runProgram(folder: string, program: string, args: readonly string[]): Outcome {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: folder,
    env: { ...childEnvironment(), NO_COLOR: '1' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 120_000,
  })
  if (error) throw error
  return { code: status, stdout, stderr }
}
