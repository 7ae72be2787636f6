// Runs a program in which codecs take turns, and ends it if one of them takes too long for its turn: a codec that hangs
// or crashes is a result, too, and the others go on without it.
import { spawn } from 'node:child_process'

/** Before a turn, the program prints this and the name of whose it is. */
const TURN = '> '

export interface Turns {
  /** What was printed, without the names. */
  readonly lines: readonly string[]
  /** Whose turn it was when the program was ended or crashed, and why. */
  readonly stuck: { readonly name: string; readonly problem: string } | null
}

export function runTurns(args: readonly string[], seconds: number): Promise<Turns> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  let tooSlow = false
  const timer = setTimeout(() => {
    tooSlow = true
    child.kill('SIGKILL')
  }, seconds * 1000)
  child.stdout.setEncoding('utf8').on('data', (part) => {
    text += part
    timer.refresh()
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      const all = text.trimEnd().split('\n')
      const lines = all.filter((line) => !line.startsWith(TURN))
      if (code === 0) return resolve({ lines, stuck: null })
      const name = all.findLast((line) => line.startsWith(TURN))?.slice(TURN.length)
      const problem = tooSlow ? `no end after ${seconds} s` : `crashed (${signal ?? `exit code ${code}`})`
      if (name === undefined) reject(new Error(`${args.join(' ')}: ${problem}`))
      else resolve({ lines, stuck: { name, problem } })
    })
  })
}
