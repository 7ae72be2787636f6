// Who runs a no-op task over Redis: each has a worker process of its own, and a call that resolves with the result.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Queue, QueueEvents } from 'bullmq'
import { Redis } from 'ioredis'

export interface Contestant {
  readonly name: string
  readonly workerPid: number
  call(n: number): Promise<unknown>
  end(): Promise<void>
}

const here = import.meta.dirname

export async function startChild(file: string, ...args: readonly string[]): Promise<ChildProcess> {
  const started = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((resolve) => {
    createInterface(started.stdout!).on('line', (line) => line.includes('ready') && resolve())
  })
  return started
}

export async function endChild(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** BullMQ used directly: a processor that is registered, results by QueueEvents. */
export async function startBullMQ(socket: string): Promise<Contestant> {
  const worker = await startChild(join(here, 'bullmq-worker.mjs'), socket)
  const connection = { path: socket, maxRetriesPerRequest: null }
  const queue = new Queue('direct', { connection })
  const events = new QueueEvents('direct', { connection })
  await events.waitUntilReady()
  queue.setMaxListeners(0)
  events.setMaxListeners(0)
  return {
    name: 'BullMQ, QueueEvents',
    workerPid: worker.pid!,
    // It loses completions, now and then: those count as what they took, and hold up nobody for longer.
    call: async (n) => (await queue.add('t', { n })).waitUntilFinished(events, 2000).catch(() => null),
    async end() {
      await queue.close()
      await events.close()
      await endChild(worker)
    },
  }
}

export interface Streams extends Contestant {
  /** Resolves with so many bytes, which its worker has made: a key of Redis holds them on their way. */
  large(bytes: number): Promise<Buffer | null>
}

/** A queue over Streams that is written here, with what makes it fast and nothing that makes it safe. */
export async function startStreams(socket: string): Promise<Streams> {
  const worker = await startChild(join(here, 'streams-worker.mjs'), socket)
  const writer = new Redis({ path: socket, enableAutoPipelining: true })
  const reader = new Redis(socket)
  const waiting = new Map<string, (result: unknown) => void>()
  const large = new Redis(socket)
  let isEnded = false
  const read = async () => {
    for (let last = '$'; !isEnded; ) {
      const reply = await reader
        .xread('COUNT', 1000, 'BLOCK', 5000, 'STREAMS', 'hand:results', last)
        .catch(() => null)
      const entries = reply?.[0]?.[1] ?? []
      for (const [entry, [, id, , result]] of entries) {
        last = entry
        waiting.get(id!)?.(JSON.parse(result!))
        waiting.delete(id!)
      }
    }
  }
  const reading = read()
  // Until it listens.
  await new Promise((resolve) => setTimeout(resolve, 50))
  let count = 0
  const call = (argument: unknown, id = String(++count)) =>
    new Promise((resolve) => {
      waiting.set(id, resolve)
      void writer.xadd('hand:jobs', '*', 'id', id, 'n', JSON.stringify(argument))
    })
  return {
    name: 'Streams by hand',
    workerPid: worker.pid!,
    call: (n) => call(n),
    async large(bytes) {
      const id = String(++count)
      await call({ bytes }, id)
      const value = await large.getBuffer(`hand:value:${id}`)
      void large.unlink(`hand:value:${id}`)
      return value
    },
    async end() {
      isEnded = true
      reader.disconnect()
      writer.disconnect()
      large.disconnect()
      await reading
      await endChild(worker)
    },
  }
}

/** Microseconds of a process's CPU, where /proc tells. */
export function cpuOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return (Number(fields[11]) + Number(fields[12])) * 10_000
  } catch {
    return Number.NaN
  }
}
