// How many threads of actors start at once.
import { availableParallelism } from 'node:os'
import { afterEach, describe, expect, it } from 'vitest'
import type { ActorSpec } from '../../executor/executor.ts'
import { describeExecutor, get, init, kill, remote, shutdown } from '../../executor/index.ts'
import { ActorRecord } from '../../executor/local/actors.ts'
import type { EnvironmentHost, Host } from '../../executor/local/host.ts'
import { MOST_STARTING, Workforce } from '../../executor/local/workforce.ts'

const actor = () => new ActorRecord({ options: { isolate: true }, env: null } as ActorSpec)

describe('threads of actors', () => {
  afterEach(() => shutdown())

  it('start as many at once as twice the cores; the next one when one is up, or has ended', () => {
    const start = (name: string) => ({ name, send() {}, setBusy() {}, end: async () => {} })
    const host: Host = { workerName: 'thread', isThisThread: false, maxWorkers: 1, maxShared: 1, start }
    let told = 0
    const events = { message() {}, ended() {}, forgotten() {}, mayStart: () => void told++ }
    const workforce = new Workforce(host, { maxWorkers: 1, idleTimeout: 1000 } as EnvironmentHost, events)
    const workers = Array.from({ length: MOST_STARTING }, () => {
      expect(workforce.hasRoomFor(actor())).toBe(true)
      return workforce.workerFor(actor())
    })
    expect(MOST_STARTING).toBe(2 * availableParallelism())
    expect(workforce.hasRoomFor(actor())).toBe(false)
    workforce.isUp(workers[0]!)
    expect([workforce.hasRoomFor(actor()), told]).toEqual([true, 1])
    workforce.isUp(workers[0]!)
    workforce.workerFor(actor())
    expect([workforce.hasRoomFor(actor()), told]).toEqual([false, 1])
    workforce.forget(workers[1]!)
    expect([workforce.hasRoomFor(actor()), told]).toEqual([true, 2])
  })

  // Elsewhere that would be too many threads for a test.
  it.skipIf(availableParallelism() > 8)(
    'that wait for their turn answer all the same, also where those before are killed or wait for them in their constructors',
    async () => {
      await init()
      class Echo {
        say(word: string): string {
          return word
        }
      }
      const handle = remote(Echo)
      class Waits {
        word: Promise<unknown>
        constructor() {
          this.word = get(handle.remote().say.remote('inner'))
        }
        said(): Promise<unknown> {
          return this.word
        }
      }
      const first = Array.from({ length: MOST_STARTING }, () => remote(Waits).remote())
      const later = Array.from({ length: 4 }, () => remote(Echo).remote())
      const { actors } = await describeExecutor()
      expect(actors.length).toBe(first.length + later.length)
      expect(actors.filter(({ worker }) => worker !== null).length).toBe(MOST_STARTING)
      kill(first.pop()!)
      const words = await get([
        ...first.map((each) => each.said.remote()),
        ...later.map((each, i) => each.say.remote(`${i}`)),
      ])
      expect(words).toEqual([...first.map(() => 'inner'), '0', '1', '2', '3'])
    },
  )
})
