// Calls that a process has sent to a worker, or that a fleet gave it because its worker could have them ahead, and that came when it
// could not any more.
import { afterEach, expect, it } from 'vitest'
import type { TaskSpec } from '../../executor/executor.ts'
import { failureOf } from '../../executor/failures.ts'
import type { LocalHooks } from '../../executor/local/hooks.ts'
import type { EnvironmentHost, Host } from '../../executor/local/host.ts'
import { LocalExecutor } from '../../executor/local/index.ts'
import { Claims } from '../../executor/worker/claims.ts'
import type { FromWorker, ToWorker } from '../../executor/worker/protocol.ts'

const executors: LocalExecutor[] = []
afterEach(async () => {
  for (const executor of executors.splice(0)) await executor.shutdown()
})

const brief = (id: string): TaskSpec => ({
  ...{ id, fn: 'brief', name: 'brief', args: { plain: [] }, deps: [], env: null },
  ...{ parent: null, retryOn: null, trace: null },
  options: {
    ...{ numReturns: 1, maxRetries: 3, retryExceptions: false, timeout: null, maxCalls: 0, priority: 0 },
    resources: { CPU: 1 },
  },
})

/** A process with a slot, whose one worker has run the function, and knows it to be brief. */
function busyProcess(takenBack: ((id: string) => boolean) | null) {
  const sent: string[] = []
  const claims: number[] = []
  let tell: (message: FromWorker) => void = () => {}
  const host: Host = {
    ...{ workerName: 'thread', isThisThread: false, maxWorkers: 1, maxShared: 1 },
    start(name, onMessage) {
      tell = onMessage
      const send = (message: ToWorker) => {
        sent.push(String(message[2]))
        if (message[0] === 'job') claims.push(message[12])
      }
      return { name, claims: new Claims(), send, setBusy() {}, end: async () => {} }
    },
  }
  const hooks = takenBack && ({ takenBack, roomChanged() {} } as Partial<LocalHooks> as LocalHooks)
  const executor = new LocalExecutor({
    ...{ engine: 'threads', host, options: { numCpus: 1 } },
    environments: {
      maxWorkers: 1,
      idleTimeout: 1000,
      close: async () => {},
    } as Partial<EnvironmentHost> as EnvironmentHost,
    ...(hooks && { hooks }),
  })
  executors.push(executor)
  const settled: string[] = []
  const submit = (id: string) =>
    executor.submit(brief(id), {
      settled: (_, failure) => void settled.push(`${id}: ${failure?.kind ?? 'done'}`),
      over() {},
    })
  submit('first')
  tell(['done', 'first', { plain: 1 }, 0.1])
  submit('slow')
  return {
    ...{ executor, sent, claims, settled, submit },
    done: (id: string) => tell(['done', id, { plain: 1 }, 0.1]),
    threw: (id: string) => tell(['failed', id, failureOf('error', 'not yet'), true]),
  }
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

it('goes back to the fleet, though what runs may last for ever', async () => {
  const asked: string[] = []
  const at = busyProcess((id) => asked.push(id) > 0)
  expect(at.executor.roomAhead(brief('late'))).toBeGreaterThan(0)
  await pause(20)
  // There was room for it a moment ago.
  at.submit('late')
  at.submit('later')
  await expect.poll(() => at.settled).toEqual(['first: done', 'late: shutdown', 'later: shutdown'])
  expect(asked).toEqual(['late', 'later'])
  expect(at.sent).toEqual(['first', 'slow'])
})

it('begins where a slot is free at once, and waits where there is no fleet', async () => {
  const fleet = busyProcess(() => true)
  await pause(20)
  fleet.submit('late')
  fleet.done('slow')
  const alone = busyProcess(null)
  await pause(20)
  alone.submit('late')
  await pause(50)
  expect([fleet.sent, fleet.settled]).toEqual([
    ['first', 'slow', 'late'],
    ['first: done', 'slow: done'],
  ])
  expect([alone.sent, alone.settled]).toEqual([['first', 'slow'], ['first: done']])
  alone.done('slow')
  expect(alone.sent).toEqual(['first', 'slow', 'late'])
})

it('stays where it has begun and threw meanwhile: its tries are counted here', async () => {
  const asked: string[] = []
  const at = busyProcess((id) => asked.push(id) > 0)
  await pause(20)
  at.submit('late')
  at.done('slow')
  at.submit('next')
  at.threw('late')
  await pause(20)
  expect(at.sent).toEqual(['first', 'slow', 'late', 'next'])
  expect(asked).toEqual([])
  at.done('next')
  expect(at.sent).toEqual(['first', 'slow', 'late', 'next', 'late'])
})

it('has a number that tells whether it has begun, however many ended before they did', () => {
  const at = busyProcess(null)
  at.done('slow')
  for (let i = 0; i < 200; i++) {
    at.submit(`call ${i}`)
    at.done(`call ${i}`)
  }
  expect(at.claims).toHaveLength(202)
  expect(at.claims).not.toContain(0)
})
