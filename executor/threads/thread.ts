// One worker thread. Piscina starts it, gives it its limits, notices its end and stops it: a pool of one, for calls are
// placed by the executor, which knows what they need. A call does not go through the pool's queue but over a port: that
// is three times as fast, and answers, cancellation and output take the same way. Piscina is asked to run one job, `serve`,
// which takes the port; while the thread is busy, the port keeps the process alive.

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { Piscina } from 'piscina'
import { setImmediate } from '../../serializer/globals.ts'
import { allOver } from '../../serializer/promises.ts'
import { type Failure, failureOf } from '../failures.ts'
import type { HostWorker, WorkerEnd } from '../local/host.ts'
import type { InitOptions } from '../options.ts'
import { Claims } from '../worker/claims.ts'
import type { FromWorker, Job, ToWorker } from '../worker/protocol.ts'
import type { Term } from '../worker/term.ts'
import { SharedTurns, type TurnState } from '../worker/turns.ts'
import { Answers } from './answers.ts'
import type { Begin, FromThread, ToThread } from './worker.ts'

const require = createRequire(import.meta.url)
/** In a checkout. What tsx compiles is CommonJS for who requires it, as entry.cjs is. */
const isSource = import.meta.url.endsWith('.ts')
const workerFile = fileURLToPath(new URL(isSource ? './worker.ts' : './entry.cjs', import.meta.url))

/** Throws where threads could not start: our files are beside our code, unless a bundler has put that elsewhere. */
export function requireThreads(): void {
  if (existsSync(workerFile)) return
  throw new Error(
    `${workerFile} is missing, which worker threads begin with: a bundler has put cornichon into a file of the program's. ` +
      'Let it leave cornichon out (esbuild: --external:cornichon; webpack, rollup and vite: external), and install it beside the program',
  )
}

const NOW = Promise.resolve()

const MESSAGES_AT_ONCE = 100

export class Thread implements HostWorker {
  readonly name: string
  readonly claims = new Claims()
  readonly #turns = new SharedTurns()
  readonly #answers = new Answers()
  readonly #pool: Piscina
  readonly #port: MessagePort
  readonly #onMessage: (message: FromWorker) => void
  readonly #onEnd: (end: WorkerEnd) => void
  #begin: Begin | null
  #isEnded = false
  #exitCode: number | null = null
  #uncaught: Failure | null = null

  /**
   * With `lends`, whoever is told of results has to give back their buffers: see worker/lending.ts. With `term`, whoever is asked
   * whether tasks are lost has to answer: see worker/term.ts.
   */
  constructor(
    name: string,
    onMessage: (message: FromWorker) => void,
    onEnd: (end: WorkerEnd) => void,
    options: InitOptions,
    lends = false,
    term: Term | null = null,
  ) {
    this.name = name
    this.#onMessage = onMessage
    this.#onEnd = onEnd
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    this.#begin = {
      name,
      port: port2,
      capturesOutput: options.logToDriver !== false,
      claims: this.claims.words,
      term: term?.words ?? null,
      turns: this.#turns.words,
      answers: this.#answers.memory,
      lends,
    }
    this.#pool = startPool(options)
    this.#pool.on('error', (error: Error) => this.#ended(error))
    // Why is told in the same turn, if it is.
    this.#pool.on('workerDestroy', () => setImmediate(() => this.#ended(null)))
    port1.on('message', (message: FromThread) => {
      this.#receive(message)
      // An event for each message would cost more than the message.
      for (let more = 0; more < MESSAGES_AT_ONCE; more++) {
        const next = receiveMessageOnPort(port1)
        if (next === undefined) return
        this.#receive(next.message as FromThread)
      }
    })
    // Its end is still to be heard of.
    port1.on('close', () => {
      for (const worker of this.#pool.threads) worker.ref()
    })
    port1.unref()
  }

  get turns(): TurnState {
    return this.#turns.state
  }

  send(message: ToWorker, transfer?: readonly ArrayBuffer[]): void {
    if (this.#isEnded) return
    if (message[0] === 'job' && (transfer === undefined || transfer.length === 0)) {
      if (this.#jobs.push(message) === 1) void NOW.then(this.#sendJobs)
    } else {
      this.#sendJobs()
      this.#port.postMessage(message, transfer)
    }
  }

  /** Those that are sent at once go in one message. */
  #jobs: Job[] = []

  readonly #sendJobs = (): void => {
    const jobs = this.#jobs
    if (jobs.length === 0 || this.#isEnded) return
    this.#jobs = []
    try {
      const message: ToThread = jobs.length === 1 ? jobs[0]! : ['several', jobs]
      this.#port.postMessage(message)
    } catch (error) {
      for (const [, , call, name] of jobs) {
        const why = `${name} could not be sent to a worker: ${(error as Error).message}`
        this.#onMessage(['failed', call, failureOf('error', why), false])
      }
    }
  }

  setBusy(isBusy: boolean): void {
    if (!isBusy) return void this.#port.unref()
    this.#port.ref()
    if (this.#begin !== null) this.#serve(this.#begin)
  }

  #serve(begin: Begin): void {
    this.#begin = null
    this.#pool.run(begin, { transferList: [begin.port] }).catch((error: Error) => this.#ended(error))
  }

  #received = 0

  #receive(message: FromThread): void {
    this.#received = (this.#received + 1) | 0
    if (message[0] === 'answered') this.#answers.listen()
    else if (message[0] === 'exit') this.#exitCode = message[1]
    else if (message[0] === 'uncaught') this.#uncaught = message[1]
    else this.#onMessage(message)
    this.#takeAnswers()
  }

  /** Those that are not to come after a message that is still on its way. */
  #takeAnswers(): void {
    const answers = this.#answers
    const received = this.#received
    for (let done = answers.take(received); done !== null; done = answers.take(received))
      this.#onMessage(done)
  }

  #ended(error: Error | null): void {
    if (this.#isEnded) return
    // What it said before its end is still to be read.
    for (
      let next = receiveMessageOnPort(this.#port);
      next !== undefined;
      next = receiveMessageOnPort(this.#port)
    )
      this.#receive(next.message as FromThread)
    this.#takeAnswers()
    if (this.#isEnded) return
    this.#isEnded = true
    this.#port.close()
    const isOutOfMemory = (error as { code?: unknown } | null)?.code === 'ERR_WORKER_OUT_OF_MEMORY'
    const reason = isOutOfMemory
      ? 'it ran out of memory'
      : this.#uncaught !== null
        ? `nothing caught: ${this.#uncaught.message}`
        : this.#exitCode !== null
          ? null
          : (error?.message ?? null)
    const isEarly = this.#turns.state.changes === 0
    this.#onEnd({ exitCode: this.#exitCode, reason, failure: this.#uncaught, isEarly })
  }

  async end(): Promise<void> {
    this.#isEnded = true
    this.#port.close()
    const ends = this.#pool.threads.map(
      (worker) => new Promise<void>((resolve) => worker.once('exit', () => resolve())),
    )
    // What it resolves with on its way would be asked for a `then` of all objects.
    void this.#pool.destroy()
    await allOver(ends)
  }
}

function startPool(options: InitOptions): Piscina {
  // Loaded when there is a thread to start: who only imports the executor does without.
  const { Piscina: Pool } = require('piscina') as typeof import('piscina')
  return new Pool({
    filename: workerFile,
    name: 'serve',
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: Number.POSITIVE_INFINITY,
    atomics: 'disabled',
    recordTiming: false,
    ...(options.resourceLimits && { resourceLimits: options.resourceLimits }),
    ...(isSource && { execArgv: sourceArguments() }),
  })
}

/** In a checkout, the worker's file is TypeScript. */
function sourceArguments(): string[] {
  const given = process.execArgv
  if (given.some((argument) => argument.includes('tsx'))) return given
  return [...given, '--import', require.resolve('tsx')]
}
