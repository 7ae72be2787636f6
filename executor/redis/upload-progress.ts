// How far the upload of a package or of large values is, as a line on a terminal.
import { basename } from 'node:path'
import { formatSize } from '../../runtime-env/size.ts'
import { bar, type Terminal, TerminalLine } from '../terminal-line.ts'
import type { UploadProgress } from './packages.ts'

/** What is done sooner is not worth telling. */
const AFTER = 300
const EVERY = 100

export class UploadLine {
  readonly #line: TerminalLine
  #begin = 0
  #last = 0

  constructor(terminal: Terminal) {
    this.#line = new TerminalLine(terminal)
  }

  show(progress: UploadProgress, now = Date.now()): void {
    if (progress.done === 0) this.#begin = now
    if (progress.done >= progress.total) return this.#line.clear()
    if (now - this.#begin < AFTER || now - this.#last < EVERY) return
    this.#last = now
    this.#line.show(formatUpload(progress))
  }
}

export function formatUpload({ path, step, done, total }: UploadProgress): string {
  const part = total === 0 ? 1 : Math.min(1, done / total)
  const verb = step === 'pack' ? 'packing' : 'uploading'
  return `${verb} ${basename(path)} ${bar(part)} ${Math.floor(100 * part)} % of ${formatSize(total)}`
}
