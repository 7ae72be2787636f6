// What workers print, on its way to the driver's output: with a prefix, and repeated lines folded into one with a count.
import { clearTimeout, setTimeout } from '../../serializer/globals.ts'
import type { LogLine } from '../options.ts'
import { printable } from '../printable.ts'

const FOLD_WITHIN = 5_000

/** Of a line that does not end: what is there then counts as one. */
const LONGEST_PIECE = 2 ** 20

interface Piece {
  readonly stream: LogLine['stream']
  readonly worker: string
  readonly task: string | null
  readonly text: string
}

interface Folded {
  readonly line: LogLine
  count: number
}

export class WorkerLogs {
  readonly #emit: ((line: LogLine) => void) | null
  /** Lines that do not end yet, by worker and stream. */
  readonly #partial = new Map<string, Piece>()
  /** Printed lately: who says the same is counted. */
  readonly #recent = new Map<string, Folded>()
  #timer: NodeJS.Timeout | null = null

  constructor(to: boolean | ((line: LogLine) => void)) {
    this.#emit = to === false ? null : to === true ? printLine : to
  }

  take(stream: 'stdout' | 'stderr', text: string, worker: string, task: string | null): void {
    if (this.#emit === null) return
    const key = `${worker} ${stream}`
    const piece = this.#partial.get(key)
    // What another task left without an end is a line of that one.
    if (piece !== undefined && piece.task !== task) this.#end(key, piece)
    const lines = text.split('\n')
    if (piece?.task === task) lines[0] = piece.text + lines[0]
    const rest: Piece = { stream, worker, task, text: lines.pop()! }
    for (const line of lines) this.#line({ stream, worker, task, text: line, repeats: 0 })
    if (rest.text.length > LONGEST_PIECE) this.#end(key, rest)
    else if (rest.text === '') this.#partial.delete(key)
    else this.#partial.set(key, rest)
  }

  #end(key: string, piece: Piece): void {
    this.#partial.delete(key)
    this.#line({ ...piece, repeats: 0 })
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
    for (const [key, piece] of this.#partial) this.#end(key, piece)
    this.#fold()
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }
}

/** To this process's output. */
export function printLine({ stream, worker, task, text, repeats }: LogLine): void {
  const prefix = task === null ? worker : `${task} ${worker}`
  const count = repeats === 0 ? '' : ` [repeated ${repeats} times]`
  process[stream].write(`(${printable(prefix)}) ${text}${count}\n`)
}
