// The engine for debugging: calls run in the caller's thread, one after the other, with breakpoints and all. Arguments
// and results are pickled as everywhere.
import { queueMicrotask, setImmediate } from '../../serializer/globals.ts'
import type { Executor } from '../executor.ts'
import type { Host, HostWorker } from '../local/host.ts'
import { LocalExecutor } from '../local/index.ts'
import type { InitOptions } from '../options.ts'
import { processesHere } from '../processes/here.ts'
import { Runner } from '../worker/runner.ts'

const host: Host = {
  workerName: 'inline',
  isThisThread: true,
  // They cost nothing; a call that waits keeps its own.
  maxWorkers: Number.POSITIVE_INFINITY,
  maxShared: 1,
  start(name, onMessage): HostWorker {
    let isEnded = false
    const runner = new Runner(name, (message) => {
      queueMicrotask(() => {
        if (!isEnded) onMessage(message)
      })
    })
    return {
      name,
      send(message) {
        // Not at once: a call returns its ref before its function runs.
        setImmediate(() => {
          if (!isEnded) runner.receive(message)
        })
      },
      setBusy() {},
      async end() {
        // Code in this thread can't be stopped: nobody listens to it any more.
        isEnded = true
        runner.abandon()
      },
    }
  },
}

export function startInline(options: InitOptions): Executor {
  const inline: InitOptions = { ...options, logToDriver: false, mode: 'inline' }
  return new LocalExecutor({ engine: 'inline', host, environments: processesHere(inline), options: inline })
}
