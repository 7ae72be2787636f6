// Runs a program for a set-up: its output is collected, and when the time is over, or when this process ends, it ends
// with everything that it has started.
import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { killTree } from '../kill-tree.ts'
import type { SetupLogger } from '../types.ts'

export interface Program {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env?: NodeJS.ProcessEnv
  readonly logger: SetupLogger
  readonly signal: AbortSignal
}

/** Between asking it to end and ending it, ms. */
const GRACE = 1_000

/**
 * Loaded into Node.js before npm: ends its group when the pipe at 3 closes, which it does when the worker is no more.
 * Without it, an install would go on in a folder that others have removed.
 */
const leash = `data:text/javascript,${encodeURIComponent(`
  import { Socket } from 'node:net'
  new Socket({ fd: 3, readable: true, writable: false })
    .on('error', () => {})
    .on('close', () => process.kill(process.platform === 'win32' ? process.pid : -process.pid, 'SIGKILL'))
    .resume()
    .unref()
`)}`

/** Arguments of Node.js that tie what it runs to this process. */
export const leashArguments = ['--import', leash]

/** Gives the exit code, or the signal's name. */
export async function runProgram(program: Program): Promise<number | string> {
  const { command, args, cwd, env, logger, signal } = program
  signal.throwIfAborted()
  const child = spawn(command, args, {
    cwd,
    env: env ?? process.env,
    // A group of its own, that ends as one.
    detached: process.platform !== 'win32',
    windowsHide: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (text: string) => logger.write(text))
  const ended = new Promise<number | string>((resolve, reject) => {
    child.on('error', reject)
    // Not 'close': what it has left running may hold its output open.
    child.on('exit', (code, by) => resolve(by ?? code!))
  })
  const stop = () => void endTree(child)
  signal.addEventListener('abort', stop, { once: true })
  try {
    const result = await ended
    signal.throwIfAborted()
    await drained(child)
    return result
  } finally {
    signal.removeEventListener('abort', stop)
    killTree(child.pid, 'SIGKILL')
    child.stdout!.destroy()
    child.stderr!.destroy()
    ;(child.stdio[3] as { destroy(): void } | null)?.destroy()
  }
}

async function endTree(child: ChildProcess): Promise<void> {
  killTree(child.pid, 'SIGTERM')
  await sleep(GRACE, undefined, { ref: false })
  if (child.exitCode === null && child.signalCode === null) killTree(child.pid, 'SIGKILL')
}

/** What it printed last has come, unless somebody else holds its output open. */
function drained({ stdout, stderr }: ChildProcess): Promise<unknown> {
  const ends = [stdout!, stderr!].map((stream) =>
    stream.readableEnded || stream.destroyed ? null : new Promise((resolve) => stream.once('close', resolve)),
  )
  return Promise.race([Promise.all(ends), sleep(500, undefined, { ref: false })])
}
