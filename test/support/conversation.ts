// A process that goes on: a script that imports the built package and answers one message after the other. For what asks
// so often that a process each time would take too long.
import { type ChildProcess, spawn } from 'node:child_process'
import { childEnvironment } from './children.ts'
import { distUrl, nodeBinary } from './paths.ts'
import { createWorkspace, type Workspace } from './workspace.ts'

export class Conversation {
  readonly #text: string
  readonly #milliseconds: number
  readonly #workspace: Workspace = createWorkspace()
  #child: ChildProcess | null = null
  #output = ''
  #turn: Promise<unknown> = Promise.resolve()

  /** `text` is a module's that defines `answer`, which is given each message. A child that takes longer is ended. */
  constructor(text: string, milliseconds = 30_000) {
    this.#text = text
    this.#milliseconds = milliseconds
  }

  /** What the script answers. Throws if it fails, ends or hangs: the next message goes to a new process. */
  ask<T>(message: unknown): Promise<T> {
    // One after the other: a property that was interrupted may be waiting still.
    const answer = this.#turn.then(() => this.#ask<T>(message))
    this.#turn = answer.catch(() => {})
    return answer
  }

  async #ask<T>(message: unknown): Promise<T> {
    const child = (this.#child ??= this.#start())
    const answer = await new Promise<{ value?: T; failure?: string }>((resolve) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), this.#milliseconds)
      const ended = () => {
        clearTimeout(timer)
        resolve({ failure: `the process ended:\n${this.#output}` })
      }
      child.once('exit', ended)
      child.once('message', (text) => {
        clearTimeout(timer)
        child.off('exit', ended)
        resolve(JSON.parse(text as string))
      })
      child.send(JSON.stringify(message))
    })
    if (child.exitCode !== null || child.signalCode !== null) this.#child = null
    if (answer.failure !== undefined) throw new Error(answer.failure)
    return answer.value as T
  }

  async stop(): Promise<void> {
    await this.#turn
    const child = this.#child
    this.#child = null
    if (child && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
    }
    this.#workspace.remove()
  }

  #start(): ChildProcess {
    this.#workspace.write({ 'script.mjs': `${prelude}${this.#text}\n${loop}` })
    const child = spawn(nodeBinary, ['script.mjs'], {
      cwd: this.#workspace.folder,
      env: childEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const collect = (chunk: Buffer) => {
      this.#output = (this.#output + chunk.toString()).slice(-4_000)
    }
    child.stdout!.on('data', collect)
    child.stderr!.on('data', collect)
    return child
  }
}

const prelude = `import * as cornichon from ${JSON.stringify(distUrl)}\n`
const loop = `
process.on('message', async (text) => {
  let answered
  try { answered = { value: await answer(JSON.parse(text)) } } catch (error) { answered = { failure: error.stack } }
  process.send(JSON.stringify(answered))
})`
