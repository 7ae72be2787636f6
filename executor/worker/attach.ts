// Makes a thread or process a worker: user code in it finds the executor that runs it, what it prints goes to the driver,
// and its end is told. How messages go is for the caller to say.
import { StringDecoder } from 'node:string_decoder'
import { Buffer, Error, Math, process, queueMicrotask } from '../../serializer/globals.ts'
import { markAsWorker, setExecutor, setIdPrefix } from '../context.ts'
import { failureFromThrown } from '../failures.ts'
// The public module: what user code imports must be this worker's.
import '../index.ts'
import { isThenInherited, removeInheritedThen, THEN_INHERITED } from '../../serializer/promises.ts'
import type { Lend } from '../payload.ts'
import type { Claims } from './claims.ts'
import { WorkerClient } from './client.ts'
import type { FromWorker, ToWorker } from './protocol.ts'
import { type Post, Runner } from './runner.ts'
import type { Turns } from './turns.ts'

/** Names of tasks that an error is told with. */
const MOST_NAMED = 5

/** Returns what takes the messages that come in. */
export function attachWorker(
  name: string,
  post: Post,
  capturesOutput: boolean,
  turns: Turns,
  claims: Claims | null = null,
  lend?: Lend,
): (message: ToWorker) => void {
  const client = new WorkerClient('threads', post)
  const runner = new Runner(name, post, turns, claims, checkPrototypes, lend)
  markAsWorker()
  setIdPrefix(`${name.replace(/\W/g, '')}${Math.floor(Math.random() * 2 ** 32).toString(36)}-`)
  setExecutor(client)
  if (capturesOutput) {
    capture('stdout', post, runner)
    capture('stderr', post, runner)
  }
  process.on('exit', (code) => post(['exit', code]))
  // Whatever state the worker is in now, it is not to be used any more: its tasks are told, others go on elsewhere.
  process.on('uncaughtException', (error) => {
    const names = runner.taskNames()
    const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : ''
    const task = names.slice(0, MOST_NAMED).join(', ') + more || 'no task'
    post(['uncaught', failureFromThrown(error, { id: 'uncaught', name: task, worker: name })])
    process.exit(1)
  })
  // It is up.
  turns.end()
  return (message) => {
    if (!checkPrototypes()) return
    if (message[0] === 'answer') client.answer(message[1], message[2])
    else {
      if (message[0] === 'job') {
        client.takeGrants(message[6])
        if (message[7] !== null) for (const [, value] of message[7]) client.takeGrants(value)
      } else if (message[0] === 'function' && message[2] !== null) client.takeGrants(message[2].value)
      runner.receive(message)
    }
  }
}

/**
 * A `then` that user code has put on all objects is taken away: no promise could be resolved with one, theirs neither. False
 * if that can't be done: then this is no place for anything any more.
 */
function checkPrototypes(): boolean {
  if (!isThenInherited()) return true
  if (removeInheritedThen()) {
    process.emitWarning(`${THEN_INHERITED}. It was taken away`, { type: 'InheritedThenWarning' })
    return true
  }
  queueMicrotask(() => {
    throw new Error(`${THEN_INHERITED}, and it can't be taken away`)
  })
  return false
}

/** What is printed here goes to the driver, which prints it with a prefix. */
function capture(stream: 'stdout' | 'stderr', post: (message: FromWorker) => void, runner: Runner): void {
  // A character may come in pieces, of what a child process prints, say.
  const decoder = new StringDecoder('utf8')
  const write = (
    chunk: string | Uint8Array,
    encoding?: BufferEncoding | ((error?: Error) => void),
    done?: (error?: Error) => void,
  ): boolean => {
    const text = typeof chunk === 'string' ? chunk : decoder.write(Buffer.from(chunk))
    const by = runner.underWay()
    post(['log', stream, text, by?.task ?? null, by?.call ?? null, by?.actor ?? null])
    const callback = typeof encoding === 'function' ? encoding : done
    if (callback !== undefined) queueMicrotask(callback)
    return true
  }
  process[stream].write = write as typeof process.stdout.write
}
