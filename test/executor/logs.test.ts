// Workers' output on its way to the driver's: whole lines, and repeated ones folded.
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { printLine, WorkerLogs } from '../../executor/local/logs.ts'
import type { LogLine } from '../../executor/options.ts'

await vi.hoisted(() => import('../support/fake-timers.ts'))

describe('X10 output of workers', () => {
  let lines: LogLine[]
  let logs: WorkerLogs
  beforeEach(() => {
    lines = []
    logs = new WorkerLogs((line) => lines.push(line))
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
      { stream: 'stderr', worker: 'my worker 7/thread-1', task: 'task', text: 'no end of line', repeats: 0 },
    ])
    logs.flush()
    expect(lines.length).toBe(1)
  })

  it('belongs to the task that printed it, also where its last line has no end', () => {
    logs.take('stdout', 'left', 'a', 'first')
    logs.take('stdout', 'whole\n', 'a', 'second')
    logs.take('stdout', 'left too', 'a', 'second')
    logs.take('stdout', ', and more\n', 'a', 'second')
    expect(lines.map(({ task, text }) => [task, text])).toEqual([
      ['first', 'left'],
      ['second', 'whole'],
      ['second', 'left too, and more'],
    ])
  })

  it('does not pile up where no line ends', () => {
    for (let i = 0; i < 20; i++) logs.take('stdout', `${i}`.padEnd(100_000, '.'), 'a', 'task')
    expect(lines.length).toBe(1)
    expect(lines[0]!.text.length).toBeGreaterThan(2 ** 20)
  })

  it('has names before it that can do nothing to a terminal', () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
    const line = {
      stream: 'stdout',
      worker: 'a\n\u202e',
      task: 'b\r\u001b[2K',
      text: 'said',
      repeats: 0,
    } as const
    printLine(line)
    const written = write.mock.calls
    write.mockRestore()
    expect(written).toEqual([['(b\\u000d\\u001b[2K a\\n\\u202e) said\n']])
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
