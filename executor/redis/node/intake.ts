// Takes jobs of one queue, one after the other, when there is room for them. BullMQ keeps the queue, its order, its locks
// and the recovery of what a dead worker had; jobs are taken by hand, for how many fit changes from moment to moment.
import { Job, UnrecoverableError, Worker } from 'bullmq'
import type { Link } from '../link.ts'

export interface Taken {
  readonly id: string
  /** How often a worker process died that had it. */
  readonly crashes: number
  /** Its results are stored: it leaves the queue. */
  complete(): Promise<void>
  /** The same, for people who look at the queue: it is among the failed ones. */
  fail(message: string): Promise<void>
  /** Back to the queue, for another worker. */
  giveBack(): Promise<void>
}

export class Intake {
  readonly #worker: Worker
  readonly #name: string
  readonly #hasRoom: () => boolean
  readonly #process: (job: Taken) => Promise<void>
  /** By id: what has to be locked on. */
  readonly #active = new Map<string, string>()
  readonly #lost: (id: string) => void
  readonly #timer: NodeJS.Timeout
  readonly #loop: Promise<void>
  #wake: (() => void) | null = null
  #isStopped = false
  #tokens = 0
  /** A job whose worker process is dead for so long is another's. */
  readonly #lock: number

  constructor(
    link: Link,
    queue: string,
    hasRoom: () => boolean,
    process: (job: Taken) => Promise<void>,
    lost: (id: string) => void,
    recoverAfter: number,
  ) {
    this.#name = `${link.id}-${queue}`
    this.#hasRoom = hasRoom
    this.#process = process
    this.#lost = lost
    this.#lock = recoverAfter
    this.#worker = new Worker(queue, null, {
      connection: link.redis,
      prefix: link.keys.prefix,
      autorun: false,
      lockDuration: recoverAfter,
      stalledInterval: recoverAfter / 2,
      // How often is too often is for each call to say: see `crashes`.
      maxStalledCount: 1_000_000,
      drainDelay: 5,
    })
    this.#worker.on('error', () => {})
    void this.#worker.startStalledCheckTimer()
    this.#timer = setInterval(() => void this.#extend(), recoverAfter / 3)
    this.#loop = this.#run()
  }

  /** There may be room now. */
  look(): void {
    if (this.#wake === null || !this.#hasRoom()) return
    this.#wake()
    this.#wake = null
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      if (!this.#hasRoom()) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        continue
      }
      try {
        const token = `${this.#name}-${++this.#tokens}`
        const job = await this.#worker.getNextJob(token)
        if (job !== undefined) this.#start(job, token)
      } catch {
        if (!this.#isStopped) await new Promise((resolve) => setTimeout(resolve, 200))
      }
    }
  }

  #start(job: Job, token: string): void {
    const id = job.id!
    this.#active.set(id, token)
    const end = async (work: () => Promise<unknown>) => {
      this.#active.delete(id)
      await this.#untilDone(work)
    }
    const taken: Taken = {
      id,
      crashes: job.stalledCounter,
      complete: () =>
        end(async () => this.#next(await job.moveToCompleted(null, token, this.#wantsNext), token)),
      fail: (message) => end(() => job.moveToFailed(new UnrecoverableError(message), token, false)),
      giveBack: () => end(() => job.moveToWait(token)),
    }
    if (this.#isStopped) return void taken.giveBack().catch(() => {})
    // What it could not process stays locked for a while, and is then another's.
    this.#process(taken).catch(() => this.#active.delete(id))
  }

  /** Redis is asked for the next job with the end of the last one: that saves a round trip under load. */
  get #wantsNext(): boolean {
    return !this.#isStopped && this.#hasRoom()
  }

  #next(answer: unknown, token: string): void {
    if (!Array.isArray(answer)) return
    const [data, id] = answer as [Parameters<typeof Job.fromJSON>[1] | null, string]
    if (data !== null && id) this.#start(Job.fromJSON(this.#worker, data, id), token)
  }

  /** Its lock may be another's by now: then it is not ours to move. */
  async #untilDone(work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch {
      // Lost, removed, or moved already.
    }
  }

  async #extend(): Promise<void> {
    if (this.#active.size === 0) return
    const ids = [...this.#active.keys()]
    try {
      const failed = await this.#worker.extendJobLocks(ids, [...this.#active.values()], this.#lock)
      for (const id of failed) {
        if (!this.#active.delete(id)) continue
        this.#lost(id)
      }
    } catch {
      // At the next time; who is cut off for longer than the lock lasts is told then.
    }
  }

  /** Takes no more. */
  stop(): void {
    this.#isStopped = true
    this.#wake?.()
    this.#wake = null
  }

  async close(): Promise<void> {
    this.stop()
    clearInterval(this.#timer)
    await this.#worker.close(true).catch(() => {})
    await this.#loop
  }
}
