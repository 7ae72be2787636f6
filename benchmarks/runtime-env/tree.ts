// A tree of small files, as a program's folder has them: the same bytes each time.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const PER_FOLDER = 50
const WORDS = 'const export import return function value result await items index await string number'.split(
  ' ',
)

/** Returns how many bytes there are in all. */
export function writeTree(folder: string, files: number): number {
  let seed = 1
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }
  let size = 0
  for (let i = 0; i < files; i++) {
    const at = join(folder, `part-${Math.floor(i / PER_FOLDER / 10)}`, `folder-${Math.floor(i / PER_FOLDER)}`)
    if (i % PER_FOLDER === 0) mkdirSync(at, { recursive: true })
    const words = Array.from(
      { length: 100 + random(800) },
      () => `${WORDS[random(WORDS.length)]}${random(100)}`,
    )
    const text = words.join(' ')
    size += text.length
    writeFileSync(join(at, `file-${i}.js`), text)
  }
  return size
}
