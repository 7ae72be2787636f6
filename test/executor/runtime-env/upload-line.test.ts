// What a terminal shows while a package is on its way into Redis.
import { expect, it } from 'vitest'
import { formatUpload, UploadLine } from '../../../executor/redis/upload-progress.ts'

const at = (step: 'pack' | 'send', done: number, total = 40_000_000) => ({
  step,
  path: '/x/app',
  done,
  total,
})

it('a bar, how much of it is done, and of how much', () => {
  expect(formatUpload(at('pack', 10_000_000))).toBe('packing app [######..................] 25 % of 40.0 MB')
  expect(formatUpload(at('send', 40_000_000))).toBe(
    'uploading app [########################] 100 % of 40.0 MB',
  )
})

it('is shown where it takes a while, not too often, as wide as the terminal, and gone in the end', () => {
  const written: string[] = []
  const line = new UploadLine({ write: (text: string) => void written.push(text), columns: 30 })
  const shown = () => written.splice(0)
  line.show(at('pack', 0), 0)
  line.show(at('pack', 1_000_000), 200)
  expect(shown()).toEqual([])
  line.show(at('pack', 2_000_000), 400)
  expect(shown()).toEqual([`\r\x1b[K${'packing app [#...............'.slice(0, 29)}`])
  line.show(at('pack', 3_000_000), 450)
  expect(shown()).toEqual([])
  line.show(at('pack', 20_000_000), 600)
  expect(shown()).toEqual([expect.stringContaining('[############')])
  line.show(at('pack', 40_000_000), 700)
  expect(shown()).toEqual(['\r\x1b[K'])
  // What is done at once says nothing.
  line.show(at('send', 0), 800)
  line.show(at('send', 40_000_000), 900)
  expect(shown()).toEqual([])
})
