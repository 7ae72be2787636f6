// BullMQ's worker, by hand: with a job comes what it is for, in one round trip.
import type { Worker as BullWorker, Job, WorkerOptions } from 'bullmq'
import { loadBullMQ } from '../bullmq.ts'
import { jobOptions } from '../queues.ts'
import type { JobData } from '../wire.ts'
import { Waits } from './waits.ts'

const { createRedisBackend, Worker } = loadBullMQ()

/** The end of a job, where it is to bring the next one. */
export type Next = Parameters<typeof Job.fromJSON>[1]

/** As BullMQ's own backend has it. */
const READY = { member: '0', score: 0 }

/** Asks for what a job is for at once, with the job. */
export class Taker extends Worker<JobData> {
  onTake: (token: string) => void = () => {}
  /** Whether it is to have a job now that there is one: it may have waited for long. */
  mayTake: () => boolean = () => true
  /** Told that it asks: returns what to call when there is an answer. */
  beginTake: (token: string) => () => void = () => () => {}
  /** The next time it will wait until there is a job. */
  isDrained = false
  readonly #waits: Waits

  /**
   * `wait` resolves when there may be a job; without it, it has a connection of its own that waits. `recover` is called now
   * and then, to look for what a dead process had.
   */
  constructor(
    queue: string,
    options: WorkerOptions,
    wait: (() => Promise<void>) | null,
    recover: () => Promise<void> = async () => {},
  ) {
    const waits = new Waits()
    super(queue, null, options, (name, given, how) => {
      const backend = createRedisBackend(
        name,
        given,
        wait === null ? how : { ...how, withBlockingConnection: false },
      )
      backend.moveStalledJobsToWait = async () => {
        await recover()
        return []
      }
      if (wait !== null) {
        backend.waitForJob = async () => {
          await wait()
          return READY
        }
        return backend
      }
      const waitForJob = backend.waitForJob.bind(backend)
      const reconnect = backend.reconnectBlocking.bind(backend)
      backend.waitForJob = (timeout) => waits.until(waitForJob(timeout), null)
      backend.reconnectBlocking = () => waits.until(reconnect(), undefined)
      return backend
    })
    this.#waits = waits
  }

  /** Nothing was left when it was asked last: it waits before it asks again. */
  async nothingLeft(): Promise<void> {
    await this.nextJobFromJobData()
    this.isDrained = true
  }

  /** As BullMQ has it that was created in its active state. */
  handed(id: string, title: string, data: JobData, priority: number): Job<JobData> {
    return new this.Job(this, title, data, jobOptions(id, priority), id) as Job<JobData>
  }

  /**
   * BullMQ lets go of the connection that waits also while that is lost, and it is not opened again then: what waits for
   * its answer, or for the connection itself, would wait for ever.
   */
  override async close(force?: boolean): Promise<void> {
    const closing = super.close(force)
    this.#waits.end()
    await closing
  }

  protected override async moveToActive(
    token: string,
    name?: string,
  ): Promise<Awaited<ReturnType<BullWorker<JobData>['moveToActive']>>> {
    // As if there was none.
    if (!this.mayTake()) return undefined as never
    const over = this.beginTake(token)
    const moving = super.moveToActive(token, name).then(
      (job) => {
        over()
        this.isDrained = job === undefined
        return job
      },
      (error: unknown) => {
        over()
        throw error
      },
    )
    this.onTake(token)
    return moving
  }
}
