// What runs in a worker process: the same as in a worker thread, with pipes in the place of a port. Messages come in by
// one descriptor and go out by another; standard output stays the user's.

import { writevSync } from 'node:fs'
import { Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { Atomics, Buffer, Math, process } from '../../serializer/globals.ts'
import { setEnvironmentHere } from '../context.ts'
import { attachWorker } from '../worker/attach.ts'
import type { FromWorker, ToWorker } from '../worker/protocol.ts'
import { ToldTurns } from '../worker/turns.ts'
import { BEHIND_PREFIX, type Begin, encodeMessage, MessageReader, Pipe } from './messages.ts'

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

function begin({ name, env }: Begin): void {
  setEnvironmentHere(env)
  const turns = new ToldTurns((turn) => post(['turn', turn]))
  receive = attachWorker(name, post, true, turns)
  post(['ready'])
}

const reader = new MessageReader<Begin | ToWorker>((message) => {
  if (receive === null) begin(message as Begin)
  else receive(message as ToWorker)
})

/**
 * Code that never yields does not see that its parent is gone: a thread of its own does, by a pipe that ends with it.
 * Behind a prefix that can only be the one that messages come by: the thread hands them on.
 */
const watchSource = `
  const { Socket } = require('node:net')
  const { parentPort, workerData } = require('node:worker_threads')
  const end = () => {
    // And what it has started.
    try { process.kill(-process.pid, 'SIGKILL') } catch {}
    process.kill(process.pid, 'SIGKILL')
  }
  const pipe = new Socket({ fd: workerData.fd, writable: false }).on('error', end).on('close', end)
  if (workerData.handsOn) pipe.on('data', (chunk) => parentPort.postMessage(chunk))
  else pipe.resume()`

function watchParent(fd: number, onData: ((chunk: Buffer) => void) | null): boolean {
  try {
    const watch = new Worker(watchSource, {
      eval: true,
      workerData: { fd, handsOn: onData !== null },
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: onData === null ? 16 : 256 },
    }).on('error', onData === null ? () => {} : end)
    if (onData === null) watch.unref()
    else
      watch.on('message', (chunk: Uint8Array) =>
        onData(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)),
      )
    return true
  } catch {
    // Node's permission model forbids it: what yields sees its end by itself.
    return false
  }
}

// To stop is the parent's to say: signals of a terminal or a supervisor go to it, too, and it lets tasks end.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})

const take = (chunk: Buffer) => reader.push(chunk)
if (!process.argv.includes(BEHIND_PREFIX)) {
  listen()
  watchParent(Pipe.Life, null)
} else if (!watchParent(Pipe.In, take)) listen()

function listen(): void {
  new Socket({ fd: Pipe.In, writable: false }).on('data', take).on('error', end).on('close', end)
}

/** The parent is gone: and so is this process, with what it has started. */
function end(): void {
  try {
    process.kill(-process.pid, 'SIGKILL')
  } catch {
    // It leads no group.
  }
  process.exit()
}
