// BullMQ's worker, by hand: with a job comes what it is for, in one round trip.
import { type Job, Worker } from 'bullmq'
import { jobOptions } from '../queues.ts'
import type { JobData } from '../wire.ts'

/** The end of a job, where it is to bring the next one. */
export type Next = Parameters<typeof Job.fromJSON>[1]

/** Asks for what a job is for at once, with the job. */
export class Taker extends Worker<JobData> {
  onTake: (token: string) => void = () => {}
  /** Whether it is to have a job now that there is one: it may have waited for long. */
  mayTake: () => boolean = () => true
  /** The next time it will wait until there is a job. */
  isDrained = false

  /** Nothing was left when it was asked last: it waits before it asks again. */
  async nothingLeft(): Promise<void> {
    await this.nextJobFromJobData()
    this.isDrained = true
  }

  /** As BullMQ has it that was created in its active state. */
  handed(id: string, title: string, data: JobData, priority: number): Job<JobData> {
    return new this.Job(this, title, data, jobOptions(id, priority), id) as Job<JobData>
  }

  protected override async moveToActive(
    token: string,
    name?: string,
  ): Promise<Awaited<ReturnType<Worker<JobData>['moveToActive']>>> {
    // As if there was none.
    if (!this.mayTake()) return undefined as never
    const moving = super.moveToActive(token, name).then((job) => {
      this.isDrained = job === undefined
      return job
    })
    this.onTake(token)
    return moving
  }
}
