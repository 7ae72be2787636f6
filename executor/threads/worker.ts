// What runs in a worker thread. Piscina starts it and calls `serve`, once when the thread begins and then each time it
// has work again; the work itself comes over a port of our own.
import type { MessagePort } from 'node:worker_threads'
import { markAsWorker, setExecutor, setIdPrefix, taskUnderWay } from '../context.ts'
import { failureFromThrown } from '../failures.ts'
// The public module: what user code imports must be this thread's.
import '../index.ts'
import { WorkerClient } from '../worker/client.ts'
import type { FromWorker, ToWorker } from '../worker/protocol.ts'
import { Runner } from '../worker/runner.ts'

export interface Begin {
  readonly name: string
  readonly port: MessagePort
  readonly capturesOutput: boolean
}

let letGo: (() => void) | null = null

/** Lasts as long as the thread is busy, so that piscina keeps the process alive that long. */
export function serve(begin: Begin | null): Promise<void> {
  if (begin !== null) attach(begin)
  return new Promise((resolve) => {
    letGo = resolve
  })
}

function attach({ name, port, capturesOutput }: Begin): void {
  const post = (message: FromWorker, transfer?: readonly ArrayBuffer[]) => port.postMessage(message, transfer)
  const client = new WorkerClient('threads', post)
  const runner = new Runner(name, post)
  markAsWorker()
  setIdPrefix(`${name.replace(/\W/g, '')}${Math.floor(Math.random() * 2 ** 32).toString(36)}-`)
  setExecutor(client)
  if (capturesOutput) {
    capture('stdout', post, runner)
    capture('stderr', post, runner)
  }
  process.on('exit', (code) => post(['exit', code]))
  // Whatever state the thread is in now, it is not to be used any more: its tasks are told, others go on elsewhere.
  process.on('uncaughtException', (error) => {
    const task = runner.taskNames().join(', ') || 'no task'
    post(['uncaught', failureFromThrown(error, { id: 'uncaught', name: task, worker: name })])
    process.exit(1)
  })
  port.on('message', (message: ToWorker) => {
    if (message[0] === 'answer') client.answer(message[1], message[2])
    else if (message[0] === 'release') letGo?.()
    else {
      if (message[0] === 'job') {
        client.takeGrants(message[6])
        if (message[7] !== null) for (const [, value] of message[7]) client.takeGrants(value)
      } else if (message[0] === 'function' && message[2] !== null) client.takeGrants(message[2].value)
      runner.receive(message)
    }
  })
}

/** What is printed here goes to the driver, which prints it with a prefix. */
function capture(stream: 'stdout' | 'stderr', post: (message: FromWorker) => void, runner: Runner): void {
  const write = (
    chunk: string | Uint8Array,
    encoding?: BufferEncoding | ((error?: Error) => void),
    done?: (error?: Error) => void,
  ): boolean => {
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8')
    post(['log', stream, text, taskUnderWay()?.name ?? runner.taskNames()[0] ?? null])
    const callback = typeof encoding === 'function' ? encoding : done
    if (callback !== undefined) queueMicrotask(callback)
    return true
  }
  process[stream].write = write as typeof process.stdout.write
}
