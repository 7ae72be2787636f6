// What workers print, on its way to the driver's output: with a prefix, and repeated lines folded into one with a count.
import { clearTimeout, setTimeout } from '../../serializer/globals.ts'
import type { LogLine } from '../options.ts'

const FOLD_WITHIN = 5_000

interface Folded {
  readonly line: LogLine
  count: number
}

export class WorkerLogs {
  readonly #emit: ((line: LogLine) => void) | null
  /** Lines that do not end yet, by worker and stream. */
  readonly #partial = new Map<string, string>()
  /** Printed lately: who says the same is counted. */
  readonly #recent = new Map<string, Folded>()
  #timer: NodeJS.Timeout | null = null

  constructor(to: boolean | ((line: LogLine) => void)) {
    this.#emit = to === false ? null : to === true ? printLine : to
  }

  take(stream: 'stdout' | 'stderr', text: string, worker: string, task: string | null): void {
    if (this.#emit === null) return
    const key = `${worker} ${stream}`
    const lines = ((this.#partial.get(key) ?? '') + text).split('\n')
    this.#partial.set(key, lines.pop()!)
    for (const line of lines) this.#line({ stream, worker, task, text: line, repeats: 0 })
  }

  #line(line: LogLine): void {
    const key = `${line.stream} ${line.text}`
    const known = this.#recent.get(key)
    if (known !== undefined) {
      known.count++
      return
    }
    this.#recent.set(key, { line, count: 0 })
    // An idle process may end meanwhile: shutdown prints what is left.
    this.#timer ??= setTimeout(() => this.#fold(), FOLD_WITHIN).unref()
    this.#emit!(line)
  }

  #fold(): void {
    this.#timer = null
    const folded = [...this.#recent.values()]
    this.#recent.clear()
    for (const { line, count } of folded) if (count > 0) this.#emit?.({ ...line, repeats: count })
  }

  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    for (const [key, text] of this.#partial) {
      const space = key.lastIndexOf(' ')
      const [worker, stream] = [key.slice(0, space), key.slice(space + 1) as 'stdout' | 'stderr']
      if (text !== '') this.#line({ stream, worker, task: null, text, repeats: 0 })
    }
    this.#partial.clear()
    this.#fold()
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }
}

/** To this process's output. */
export function printLine({ stream, worker, task, text, repeats }: LogLine): void {
  const prefix = task === null ? worker : `${task} ${worker}`
  const count = repeats === 0 ? '' : ` [repeated ${repeats} times]`
  process[stream].write(`(${prefix}) ${text}${count}\n`)
}
