// One worker thread. Piscina starts it, gives it its limits, notices its end and stops it: a pool of one, for calls are
// placed by the executor, which knows what they need. A call does not go through the pool's queue but over a port: that
// is three times as fast, and answers, cancellation and output take the same way. Piscina is asked to run one long job,
// `serve`, while the thread is busy: so the process lives as long as there is work, and no longer.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { Piscina } from 'piscina'
import { type Failure, failureOf } from '../failures.ts'
import type { HostWorker, WorkerEnd } from '../local/host.ts'
import type { InitOptions } from '../options.ts'
import { Claims } from '../worker/claims.ts'
import type { FromWorker, Job, ToWorker } from '../worker/protocol.ts'
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

/** Milliseconds. An idle thread is let go after that long: a task that comes meanwhile finds it as it was. */
const LINGER = 10
/** The same where the process lives on anyway: to let go of a thread wakes it. */
export const LONG_LINGER = 5000

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
  #isServing = false
  #isBusy = false
  readonly #linger: number
  #letGoTimer: NodeJS.Timeout | null = null
  #isEnded = false
  #exitCode: number | null = null
  #uncaught: Failure | null = null

  constructor(
    name: string,
    onMessage: (message: FromWorker) => void,
    onEnd: (end: WorkerEnd) => void,
    options: InitOptions,
    linger = LINGER,
  ) {
    this.name = name
    this.#linger = linger
    this.#onMessage = onMessage
    this.#onEnd = onEnd
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    this.#begin = {
      name,
      port: port2,
      capturesOutput: options.logToDriver !== false,
      claims: this.claims.words,
      turns: this.#turns.words,
      answers: this.#answers.memory,
    }
    this.#pool = startPool(options)
    this.#pool.on('error', (error: Error) => this.#ended(error))
    // Who waits for `serve` is told why, but a moment later.
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
    this.#isBusy = isBusy
    if (isBusy && !this.#isServing) this.#serve()
    else if (!isBusy) {
      this.#idleSince = performance.now()
      this.#letGoTimer ??= setTimeout(() => this.#letGo(), this.#linger).unref()
    }
  }

  #idleSince = 0

  #letGo(): void {
    this.#letGoTimer = null
    if (this.#isBusy || !this.#isServing || this.#isEnded) return
    // One timer for all that it did meanwhile.
    const left = this.#idleSince + this.#linger - performance.now()
    if (left > 1) this.#letGoTimer = setTimeout(() => this.#letGo(), left).unref()
    else {
      this.#isServing = false
      this.send(['release'])
    }
  }

  #serve(): void {
    this.#isServing = true
    const begin = this.#begin
    this.#begin = null
    this.#pool
      .run(begin, begin === null ? {} : { transferList: [begin.port] })
      .catch((error: Error) => this.#ended(error))
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
    this.#close()
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
    this.#close()
    await this.#pool.destroy()
  }

  #close(): void {
    if (this.#letGoTimer !== null) clearTimeout(this.#letGoTimer)
    this.#port.close()
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
