// BullMQ used directly: a processor that is registered, and does nothing.
import { Worker } from 'bullmq'

const worker = new Worker('direct', async (job) => job.data.n, {
  connection: { path: process.argv[2], maxRetriesPerRequest: null },
  concurrency: 16,
  removeOnComplete: { count: 20_000 },
})
await worker.waitUntilReady()
console.log('{"state":"ready"}')
