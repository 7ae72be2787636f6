// What runs in a worker process: the same as in a worker thread, with pipes in the place of a port. Messages come in by
// one descriptor and go out by another; standard output stays the user's.
import { writevSync } from 'node:fs'
import { Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { setEnvironmentHere } from '../context.ts'
import { attachWorker } from '../worker/attach.ts'
import type { FromWorker, ToWorker } from '../worker/protocol.ts'
import { type Begin, encodeMessage, MessageReader, Pipe } from './messages.ts'

/** Returns when the bytes are in the pipe: the last words before an end are not lost. */
function post(message: FromWorker): void {
  let left: Uint8Array[] = [...encodeMessage(message)]
  while (left.length > 0) {
    let written: number
    try {
      written = writevSync(Pipe.Out, left)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EAGAIN') {
        Atomics.wait(pause, 0, 0, 1)
        continue
      }
      // Nobody is there to read.
      if (code === 'EPIPE' || code === 'ECONNRESET') process.exit(1)
      throw error
    }
    left = left.flatMap((part) => {
      const skipped = Math.min(written, part.length)
      written -= skipped
      return skipped === part.length ? [] : [part.subarray(skipped)]
    })
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4))

let receive: ((message: ToWorker) => void) | null = null

function begin({ name, env, hasLifeline }: Begin): void {
  setEnvironmentHere(env)
  receive = attachWorker(name, post, true, () => {})
  if (hasLifeline) watchParent()
  post(['ready'])
}

/** Code that never yields does not see that its parent is gone: a thread of its own does. */
function watchParent(): void {
  const source = `
    const { Socket } = require('node:net')
    const end = () => {
      // And what it has started.
      try { process.kill(-process.pid, 'SIGKILL') } catch {}
      process.kill(process.pid, 'SIGKILL')
    }
    new Socket({ fd: ${Pipe.Life} }).on('error', end).on('close', end).resume()`
  try {
    startWatch(source)
  } catch {
    // Node's permission model forbids it: what yields sees its end by itself.
  }
}

function startWatch(source: string): void {
  new Worker(source, {
    eval: true,
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: 16 },
  })
    .on('error', () => {})
    .unref()
}

// To stop is the parent's to say: signals of a terminal or a supervisor go to it, too, and it lets tasks end.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})

const reader = new MessageReader<Begin | ToWorker>((message) => {
  if (receive === null) begin(message as Begin)
  else receive(message as ToWorker)
})
new Socket({ fd: Pipe.In, writable: false })
  .on('data', (chunk) => reader.push(chunk))
  .on('error', end)
  .on('close', end)

/** The parent is gone: and so is this process, with what it has started. */
function end(): void {
  try {
    process.kill(-process.pid, 'SIGKILL')
  } catch {
    // It leads no group.
  }
  process.exit()
}
