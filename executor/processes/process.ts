// One worker process, in an environment that may still have to be made: what it is sent meanwhile waits. It runs the same
// code as a worker thread; its pipes say when it ends, and it ends when this process does.

import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { RuntimeEnvSetupError } from '../../runtime-env/errors.ts'
import { killTree } from '../../runtime-env/kill-tree.ts'
import type { EnvLease, ResolvedEnv } from '../../runtime-env/types.ts'
import { clearTimeout, setTimeout } from '../../serializer/globals.ts'
import { environmentFailure, type Failure } from '../failures.ts'
import type { HostWorker, WorkerEnd } from '../local/host.ts'
import type { InitOptions } from '../options.ts'
import type { FromWorker, ToWorker } from '../worker/protocol.ts'
import type { TurnState } from '../worker/turns.ts'
import { commandOf } from './command.ts'
import { type Begin, encodeMessage, MessageReader, Pipe } from './messages.ts'

/** Of what a process printed last on its standard error: what tells why it ended. */
const TAIL = 8_192
/** How long a process whose command was told to end may take: what runs it (a container's engine) has to clean up. */
const GRACE = 5_000

export class WorkerProcess implements HostWorker {
  readonly name: string
  readonly #env: ResolvedEnv
  readonly #onMessage: (message: FromWorker) => void
  readonly #onEnd: (end: WorkerEnd) => void
  readonly #limits: InitOptions['resourceLimits']
  #lease: EnvLease | null = null
  #child: ChildProcess | null = null
  #waiting: ToWorker[] | null = []
  #isBusy = false
  #isReady = false
  #isEnded = false
  #uncaught: Failure | null = null
  #tail = ''
  turns: TurnState = { changes: 0, turn: 0 }
  readonly ready: Promise<void>
  #markReady: () => void = () => {}

  constructor(
    name: string,
    env: ResolvedEnv,
    lease: Promise<EnvLease>,
    onMessage: (message: FromWorker) => void,
    onEnd: (end: WorkerEnd) => void,
    limits: InitOptions['resourceLimits'],
  ) {
    this.name = name
    this.#env = env
    this.#onMessage = onMessage
    this.#onEnd = onEnd
    this.#limits = limits
    this.ready = new Promise((resolve) => {
      this.#markReady = resolve
    })
    lease.then(
      (made) => {
        try {
          this.#start(made)
        } catch (error) {
          // Node's permission model forbids it, say.
          this.#couldNotStart(error as Error)
        }
      },
      (error: Error) =>
        this.#ended({
          exitCode: null,
          reason: error.message,
          failure: null,
          setUp: environmentFailure(error),
        }),
    )
  }

  get isPreparing(): boolean {
    return !this.#isReady && !this.#isEnded
  }

  noteFailure({ message, output }: Failure): void {
    this.#lease?.fail(new RuntimeEnvSetupError(message, output).message)
  }

  // --- its start ---

  #start(lease: EnvLease): void {
    if (this.#isEnded) return lease.release()
    this.#lease = lease
    const { context } = lease
    const isWrapped = context.prefix.length > 0
    const [command, args] = commandOf(context, this.#limits)
    const child = spawn(command, args, {
      // Behind a prefix the directory may be one that only the container has.
      ...(!isWrapped && { cwd: context.cwd }),
      env: { ...process.env, ...context.env },
      // A group of its own: signals of the terminal are for this process, and what it starts ends with it.
      detached: true,
      stdio: isWrapped ? ['pipe', 'pipe', 'pipe'] : ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    })
    this.#child = child
    child.on('error', (error) => this.#couldNotStart(error))
    child.on('exit', (code, signal) => this.#exited(code, signal))
    const [out, into] = isWrapped
      ? [child.stdin!, child.stdout!]
      : [child.stdio[Pipe.In], child.stdio[Pipe.Out]]
    // It may be gone: its end says so.
    ;(out as Writable).on('error', () => {})
    const reader = new MessageReader<FromWorker>((message) => this.#receive(message))
    ;(into as Readable).on('data', (chunk: Buffer) => reader.push(chunk)).on('error', () => {})
    if (!isWrapped) this.#forward('stdout')
    this.#forward('stderr')
    this.#out = out as Writable
    this.#into = into as Readable
    const begin: Begin = { name: this.name, env: this.#env }
    this.#write(begin)
    const waiting = this.#waiting!
    this.#waiting = null
    for (const stream of child.stdio) setRef(stream, false)
    this.setBusy(this.#isBusy)
    for (const message of waiting) this.#write(message)
  }

  #out: Writable | null = null
  #into: Readable | null = null

  /** What does not come by `process.stdout` of the code: the output of programs that it starts, V8's last words. */
  #forward(stream: 'stdout' | 'stderr'): void {
    this.#child![stream]!.setEncoding('utf8')
      .on('data', (text: string) => {
        if (stream === 'stderr') this.#tail = (this.#tail + text).slice(-TAIL)
        if (!this.#isEnded) this.#onMessage(['log', stream, text, null, null, null])
      })
      .on('error', () => {})
  }

  // --- messages ---

  send(message: ToWorker): void {
    if (this.#isEnded) return
    if (this.#waiting === null) return this.#write(message)
    // Refused now rather than later, where nobody would be told.
    encodeMessage(message)
    this.#waiting.push(message)
  }

  #write(message: ToWorker | Begin): void {
    const [header, body] = encodeMessage(message)
    const out = this.#out!
    if (body.length < 4096) return void out.write(Buffer.concat([header, body]))
    out.write(header)
    out.write(body)
  }

  #receive(message: FromWorker): void {
    if (this.#isEnded) return
    if (message[0] === 'ready') {
      this.#isReady = true
      this.#markReady()
    } else if (message[0] === 'turn') this.turns = { changes: this.turns.changes + 1, turn: message[1] }
    else if (message[0] === 'uncaught') this.#uncaught = message[1]
    else if (message[0] !== 'exit') this.#onMessage(message)
  }

  setBusy(isBusy: boolean): void {
    this.#isBusy = isBusy
    setRef(this.#into, isBusy)
    setRef(this.#child, isBusy)
  }

  // --- its end ---

  #couldNotStart(error: Error): void {
    if (this.#child?.pid !== undefined) return
    const failure = environmentFailure(
      new Error(`the worker process of the environment could not be started: ${error.message}`),
    )
    this.#ended({ exitCode: null, reason: error.message, failure: null, setUp: failure })
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    const end = () => {
      const isOutOfMemory = /heap out of memory|Fatal process out of memory/.test(this.#tail)
      // Where a shell or a container's engine is between, a signal is a number above 128.
      const killedBy = signal ?? (code !== null && code > 128 ? signalOf(code - 128) : null)
      const reason = isOutOfMemory
        ? 'it ran out of memory'
        : this.#uncaught !== null
          ? `nothing caught: ${this.#uncaught.message}`
          : signal !== null || (killedBy === 'SIGKILL' && code !== null)
            ? `${killedBy} ended it${killedBy === 'SIGKILL' ? ': from outside, or for lack of memory' : ''}`
            : null
      // One that says why it does not even begin does so at the next try, too.
      const isUnfit = !this.#isReady && signal === null
      const tail = this.#tail.trim()
      const setUp = isUnfit
        ? environmentFailure(
            new Error(`a worker process in the environment ended with exit code ${code} before it was ready`),
            tail,
          )
        : null
      this.#ended({ exitCode: code, reason, failure: this.#uncaught, setUp })
    }
    // What it said before is still to be read; programs that it started may hold its output open for ever.
    const streams = [this.#into!, this.#child!.stdout!, this.#child!.stderr!]
    let left = streams.length
    const timer = setTimeout(end, 1000)
    const count = () => {
      if (--left > 0) return
      clearTimeout(timer)
      end()
    }
    for (const stream of streams) {
      setRef(stream, true)
      if (stream.closed || stream.readableEnded) count()
      else stream.once('close', count)
    }
  }

  #ended(end: WorkerEnd): void {
    if (this.#isEnded) return
    this.#isEnded = true
    if (end.setUp) this.noteFailure(end.setUp)
    this.#onEnd(end)
    this.#close()
  }

  #close(): void {
    this.#markReady()
    this.#waiting = null
    this.#lease?.release()
    this.#lease = null
    for (const stream of this.#child?.stdio ?? []) stream?.destroy()
  }

  async end(): Promise<void> {
    if (this.#isEnded) return
    this.#isEnded = true
    const child = this.#child
    if (child === null || child.pid === undefined || child.exitCode !== null || child.signalCode !== null)
      return this.#close()
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    child.ref()
    if (this.#lease!.context.prefix.length === 0) killTree(child.pid, 'SIGKILL')
    else {
      // The command in front of it is not the process: the end of its input is what both see.
      this.#out!.destroy()
      child.kill('SIGTERM')
      const timer = setTimeout(() => killTree(child.pid, 'SIGKILL'), GRACE)
      void exited.then(() => clearTimeout(timer))
    }
    await exited
    this.#close()
  }
}

function setRef(stream: unknown, isRef: boolean): void {
  const socket = stream as { ref?(): void; unref?(): void } | null | undefined
  if (isRef) socket?.ref?.()
  else socket?.unref?.()
}

function signalOf(number: number): string | null {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? null
}
