// Workers' output on its way to the driver's: whole lines, and repeated ones folded.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WorkerLogs } from '../../executor/local/logs.ts'
import type { LogLine } from '../../executor/options.ts'

describe('X10 output of workers', () => {
  let lines: LogLine[]
  let logs: WorkerLogs
  beforeEach(() => {
    vi.useFakeTimers()
    lines = []
    logs = new WorkerLogs((line) => lines.push(line))
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('comes line by line, each worker and stream for itself, whatever pieces it is printed in', () => {
    logs.take('stdout', 'one, ', 'a', 'task')
    logs.take('stdout', 'other', 'b', 'task')
    logs.take('stderr', 'error\nand ', 'a', 'task')
    logs.take('stdout', 'two\n', 'a', 'task')
    expect(lines.map(({ worker, stream, text }) => [worker, stream, text])).toEqual([
      ['a', 'stderr', 'error'],
      ['a', 'stdout', 'one, two'],
    ])
  })

  it('is whole at the end, also of a worker whose name has spaces', () => {
    logs.take('stderr', 'no end of line', 'my worker 7/thread-1', 'task')
    logs.flush()
    expect(lines).toEqual([
      { stream: 'stderr', worker: 'my worker 7/thread-1', task: null, text: 'no end of line', repeats: 0 },
    ])
    logs.flush()
    expect(lines.length).toBe(1)
  })

  it('is folded where the same is said again within five seconds, by whichever worker', () => {
    for (const worker of ['a', 'b', 'c']) logs.take('stdout', 'same\n', worker, 'task')
    expect(lines.length).toBe(1)
    vi.advanceTimersByTime(5_000)
    expect(lines.map(({ text, repeats }) => [text, repeats])).toEqual([
      ['same', 0],
      ['same', 2],
    ])
    logs.take('stdout', 'same\n', 'a', 'task')
    expect(lines.length).toBe(3)
    logs.flush()
    expect(lines.length).toBe(3)
  })
})
