// The README's first program does what its comments say.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dumps, loads } from '../serializer/index.ts'
import { root } from './support/paths.ts'

function counter(start: number) {
  let n = start
  return { add: (by = 1) => (n += by), get: () => n }
}

test('the counter of the README', () => {
  const text = (source: unknown) => String(source).replace(/\s+/g, '')
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  expect(text(readme).replace('start:number', 'start')).toContain(
    text('let n = start return { add: (by = 1) => (n += by), get: () => n }'),
  )
  const { add, get } = loads<ReturnType<typeof counter>>(dumps(counter(40)))
  add(2)
  expect(get()).toBe(42)
})
