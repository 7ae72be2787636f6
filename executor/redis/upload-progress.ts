// How far the upload of a package or of large values is, as a line on a terminal that is written over and gone in the end.
import { basename } from 'node:path'
import { formatSize } from '../../runtime-env/size.ts'
import type { UploadProgress } from './packages.ts'

interface Terminal {
  write(text: string): unknown
  readonly columns?: number
}

/** What is done sooner is not worth telling. */
const AFTER = 300
const EVERY = 100
const BAR = 24

export class UploadLine {
  readonly #terminal: Terminal
  #begin = 0
  #last = 0
  #isShown = false

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  show(progress: UploadProgress, now = Date.now()): void {
    if (progress.done === 0) this.#begin = now
    if (progress.done >= progress.total) return this.#clear()
    if (now - this.#begin < AFTER || now - this.#last < EVERY) return
    this.#last = now
    this.#isShown = true
    const line = formatUpload(progress).slice(0, (this.#terminal.columns ?? 80) - 1)
    this.#terminal.write(`\r\x1b[K${line}`)
  }

  #clear(): void {
    if (this.#isShown) this.#terminal.write('\r\x1b[K')
    this.#isShown = false
  }
}

export function formatUpload({ path, step, done, total }: UploadProgress): string {
  const part = total === 0 ? 1 : Math.min(1, done / total)
  const verb = step === 'pack' ? 'packing' : 'uploading'
  return `${verb} ${basename(path)} ${bar(part)} ${Math.floor(100 * part)} % of ${formatSize(total)}`
}

/** Of a part of 1. */
export function bar(part: number): string {
  const filled = Math.round(Math.min(1, part) * BAR)
  return `[${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}]`
}
