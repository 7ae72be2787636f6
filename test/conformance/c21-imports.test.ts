// C21: `import()` in functions of vitest's tests, which it makes a function of its own of.
import { expect } from 'vitest'
import { dumps } from '../../serializer/index.ts'
import { goalTest } from '../support/goal.ts'
import { runScript } from '../support/script.ts'

const elsewhere = (bytes: Uint8Array, ...args: string[]) =>
  runScript(
    `const f = cornichon.loads(readFileSync('bundle.bin'))
    await report(await f(...${JSON.stringify(args)}))`,
    { files: { 'bundle.bin': bytes } },
  )

goalTest('C21', 'vitest: a function may import a built-in module, and no path goes along', async () => {
  const bytes = dumps(async () => (await import('node:path')).basename('/a/b'))
  expect(Buffer.from(bytes).includes(import.meta.dirname)).toBe(false)
  expect(await elsewhere(bytes)).toBe('b')
})

goalTest('C21', 'vitest: a function may import a file beside it, and one above', async () => {
  const f = async () => [
    (await import('./c21/mocked/clock.ts')).label,
    typeof (await import('../support/paths.ts')).root,
  ]
  // The extension is one that Node loads from 22.18 on.
  const onlyRelative = (await import('./c21/mocked/clock.ts')).label
  const bytes = dumps(f)
  expect(Buffer.from(bytes).includes(import.meta.dirname)).toBe(true)
  const run = elsewhere(bytes)
  if ('typescript' in process.features && process.features.typescript)
    expect(await run).toEqual([onlyRelative, 'string'])
  else await expect(run).rejects.toThrow(/Unknown file extension ".ts" for .*\/c21\/mocked\/clock.ts/)
})

goalTest('C21', 'vitest: a function may import what it is told, and a package', async () => {
  const bytes = dumps(async (name: string) => typeof (await import(name)).parse)
  expect(await elsewhere(bytes, 'acorn')).toBe('function')
  expect(await elsewhere(bytes, 'node:path')).toBe('function')
  const ofPackage = dumps(async () => typeof (await import('acorn')).parse)
  expect(await elsewhere(ofPackage)).toBe('function')
})

goalTest('C21', 'vitest: a copy that imports is dumped again and works', async () => {
  const f = async () => (await import('node:path')).sep
  const bytes = dumps(f)
  const again = await runScript(
    `const f = cornichon.loads(readFileSync('bundle.bin'))
    await report(Buffer.from(cornichon.dumps(f)).toString('base64'))`,
    { files: { 'bundle.bin': bytes } },
  )
  expect(await elsewhere(Buffer.from(again, 'base64'))).toBe('/')
})
