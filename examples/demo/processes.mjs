// The processes of the demo: none is left when it ends, whatever it ends by.
import { spawn } from 'node:child_process'
import { once } from 'node:events'

const running = new Set()
let isOver = false

/** Starts a program; what it prints is for `onLine`. Once the demo is ending, nothing is started any more. */
export function start(program, args, onLine, options = {}) {
  if (isOver) throw new Error('the demo is ending')
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  for (const stream of [child.stdout, child.stderr]) {
    let rest = ''
    stream.setEncoding('utf8').on('data', (text) => {
      const lines = `${rest}${text}`.split('\n')
      rest = lines.pop()
      lines.forEach(onLine)
    })
    stream.on('end', () => rest === '' || onLine(rest))
  }
  child.on('error', () => running.delete(child))
  child.on('exit', () => running.delete(child))
  return child
}

/** Ends it: at once where it does not of itself within five seconds. */
export async function end(child) {
  if (!running.has(child)) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await ended
  clearTimeout(timer)
}

/** Ends all, the last that was started first: a worker before its Redis. */
export async function endAll() {
  isOver = true
  for (const child of [...running].reverse()) await end(child)
}
