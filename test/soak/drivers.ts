// The driver processes of a run.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { childEnvironment } from '../support/children.ts'
import { nodeBinary, root, tsxArguments } from '../support/paths.ts'
import type { Findings } from './findings.ts'
import { LEDGER } from './ledger.ts'
import type { DriverSettings, FailedCall, FromDriver, ToDriver } from './messages.ts'

const file = join(root, 'test', 'soak', 'driver', 'index.ts')

export interface Driver {
  readonly name: string
  readonly child: ChildProcess
  readonly pid: number
  state: 'joins' | 'runs' | 'done' | 'killed' | 'ended'
  readonly output: string[]
  readonly ended: Promise<number | null>
  pending: string | null
}

export class Drivers {
  readonly all: Driver[] = []
  readonly failed: FailedCall[] = []
  readonly #findings: Findings
  readonly #settings: Omit<DriverSettings, 'name'>
  #count = 0
  #isStopped = false

  readonly #ledger: string

  /** `ledger` is the folder where calls note that they run, which those do that run in a driver, too. */
  constructor(findings: Findings, settings: Omit<DriverSettings, 'name'>, ledger: string) {
    this.#findings = findings
    this.#settings = settings
    this.#ledger = ledger
  }

  running(): Driver[] {
    return this.all.filter(({ state }) => state === 'joins' || state === 'runs')
  }

  /** Ends when it has joined the fleet, or has ended. */
  async add(): Promise<void> {
    if (this.#isStopped) return
    const name = `d${this.#count++}`
    const settings: DriverSettings = { ...this.#settings, name }
    const child = spawn(nodeBinary, [...tsxArguments, file, JSON.stringify(settings)], {
      env: { ...childEnvironment(), [LEDGER]: this.#ledger },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const output: string[] = []
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (text: Buffer) => output.push(text.toString()))
    const ended = once(child, 'exit').then(([code]) => code as number | null)
    const driver: Driver = { name, child, pid: child.pid!, state: 'joins', output, ended, pending: null }
    this.all.push(driver)
    void ended.then((code) => {
      if (driver.state !== 'killed' && driver.state !== 'ended')
        this.#findings.violation(`driver ${name} ended by itself, with ${code}`, output.join(''))
      if (driver.state !== 'killed') driver.state = 'ended'
    })
    await new Promise<void>((resolve) => {
      child.on('message', (received) => {
        const message = received as FromDriver
        this.#receive(driver, message)
        if (message.kind === 'joined') resolve()
      })
      void ended.then(() => resolve())
    })
    if (this.#isStopped) this.#tell(driver, 'stop')
  }

  #receive(driver: Driver, message: FromDriver): void {
    switch (message.kind) {
      case 'joined':
        driver.state = 'runs'
        this.#findings.say(`driver ${driver.name} (${driver.pid}) is there`)
        break
      case 'counts':
        for (const [what, by] of Object.entries(message.counts)) this.#findings.count(what, by)
        break
      case 'failed':
        this.failed.push(message.call)
        break
      case 'violation':
        this.#findings.violation(message.text, message.details)
        break
      case 'pending':
        driver.pending = [...message.pending, message.executor].join('\n')
        break
      case 'done':
        driver.state = 'done'
        break
    }
  }

  #tell(driver: Driver, message: ToDriver): void {
    if (driver.child.connected) driver.child.send(message)
  }

  async kill(driver: Driver): Promise<void> {
    driver.state = 'killed'
    driver.child.kill('SIGKILL')
    await driver.ended
  }

  /** No new programs; those that run may end. */
  stop(): void {
    this.#isStopped = true
    for (const driver of this.running()) this.#tell(driver, 'stop')
  }

  /** What they wait for. */
  async report(): Promise<string> {
    for (const driver of this.running()) this.#tell(driver, 'report')
    await new Promise((resolve) => setTimeout(resolve, 7000))
    return this.running()
      .map(({ name, pending }) => `driver ${name} waits for:\n${pending ?? 'it does not say'}`)
      .join('\n')
  }

  /** They leave the fleet in order. */
  async leave(): Promise<void> {
    await Promise.all(
      this.all.map(async (driver) => {
        if (driver.state !== 'done') return
        driver.state = 'ended'
        this.#tell(driver, 'leave')
        const code = await Promise.race([
          driver.ended,
          new Promise<'late'>((resolve) => setTimeout(resolve, 30_000, 'late').unref()),
        ])
        if (code === 0) return
        const how = code === 'late' ? 'does not end' : `ended with ${code}`
        this.#findings.violation(`driver ${driver.name} ${how} after shutdown`, driver.output.join(''))
      }),
    )
  }

  killAll(): void {
    for (const driver of this.all) if (driver.child.exitCode === null) driver.child.kill('SIGKILL')
  }
}
