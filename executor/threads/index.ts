// The default engine: tasks and actors in worker threads of this process.
import type { Executor } from '../executor.ts'
import { lackingForThread } from '../local/headroom.ts'
import type { Host } from '../local/host.ts'
import { LocalExecutor } from '../local/index.ts'
import { type InitOptions, totalResources } from '../options.ts'
import { processesHere } from '../processes/here.ts'
import { requireThreads, Thread } from './thread.ts'

export function startThreads(options: InitOptions): Executor {
  requireThreads()
  const cpus = Math.ceil(totalResources(options).CPU!)
  const host: Host = {
    workerName: 'thread',
    isThisThread: false,
    // Beyond the slots, threads are for calls that wait for others; with that many, they share.
    maxWorkers: 2 * cpus + 2,
    maxShared: Math.max(cpus, 1),
    lackingForActor: lackingForThread,
    start: (name, onMessage, onEnd) => new Thread(name, onMessage, onEnd, options),
  }
  return new LocalExecutor({ engine: 'threads', host, environments: processesHere(options), options })
}
