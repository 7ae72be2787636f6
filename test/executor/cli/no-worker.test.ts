// What is said of a fleet without workers: that none has joined is said only where none can be on its way back.
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { JobLine } from '../../../executor/cli/job-line.ts'
import { NO_WORKER, NO_WORKER_YET, tellIfNoWorker } from '../../../executor/cli/no-worker.ts'
import { formatOverview } from '../../../executor/cli/status.ts'

const line = new JobLine({ write: () => {} })
let said: ReturnType<typeof vi.spyOn>
beforeEach(() => {
  vi.useFakeTimers()
  said = vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterEach(() => {
  vi.useRealTimers()
  said.mockRestore()
})

/** A Redis that starts now, or `uptime` seconds ago. */
function fleet(uptime: number) {
  const begin = Date.now() - uptime * 1000
  const nodes = new Map<string, object>()
  const info = async () => `uptime_in_seconds:${Math.floor((Date.now() - begin) / 1000)}\r\n`
  const link = { isJustBack: false, redis: { info } }
  return { nodes, link, capacity: { nodes, refresh: async () => {} } }
}

it('X15 a command that waits says that there is none after two seconds', async () => {
  tellIfNoWorker(fleet(60) as never, line)
  await vi.advanceTimersByTimeAsync(2_500)
  expect(said.mock.calls).toEqual([[NO_WORKER]])
})

it('X15 not while Redis has not run long enough to have heard of them', async () => {
  tellIfNoWorker(fleet(0) as never, line)
  await vi.advanceTimersByTimeAsync(13_000)
  expect(said).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(said.mock.calls).toEqual([[NO_WORKER]])
})

it('X15 nor while the connection of the command is just back, or when one has come', async () => {
  const back = fleet(60)
  back.link.isJustBack = true
  const coming = fleet(0)
  tellIfNoWorker(back as never, line)
  tellIfNoWorker(coming as never, line)
  await vi.advanceTimersByTimeAsync(5_000)
  coming.nodes.set('node-1', {})
  await vi.advanceTimersByTimeAsync(60_000)
  expect(said).not.toHaveBeenCalled()
})

it('X15 status says which it is', () => {
  const empty = { workers: [], drivers: 0, departedDrivers: 0, waiting: 0, running: 0, failed: 0, actors: 0 }
  expect(formatOverview({ ...empty, memory: 1e6, uptime: 3 })).toContain(NO_WORKER_YET)
  expect(formatOverview({ ...empty, memory: 1e6, uptime: 300 })).toContain(NO_WORKER)
  expect(formatOverview({ ...empty, drivers: 1, actors: 2, memory: 1e6, uptime: 300 })).toMatch(
    /^0 workers, 1 driver; .* 2 actors;/,
  )
})
