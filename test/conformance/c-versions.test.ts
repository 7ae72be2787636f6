// C17: one package by value and by reference, side by side.
import { expect } from 'vitest'
import { goalTest } from '../support/goal.ts'
import { runScript } from '../support/script.ts'

const library = (version: string) => ({
  'node_modules/lib/package.json': JSON.stringify({ name: 'lib', version, main: 'index.js' }),
  'node_modules/lib/index.js': `
    let count = 0
    const version = '${version}'
    class Box { static made = 0; constructor() { Box.made++ } version() { return version } }
    exports.up = function up() { return version + ' ' + ++count }
    exports.Box = Box`,
})

const program = `
import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
const lib = require('lib')`

goalTest('C17', 'a package by value and by reference in one process: each has its own state', async () => {
  const result = await runScript(
    `${program}
    const value = { up: lib.up, Box: lib.Box }
    const byReference = cornichon.dumps(value), byValue = cornichon.dumps(value, { byValue: ['lib'] })
    const reference = cornichon.loads(byReference), copy = cornichon.loads(byValue), other = cornichon.loads(byValue)
    const both = cornichon.loads(cornichon.dumps({ up: lib.up, mine: copy.up }))
    await report({
      same: [reference.up === lib.up, reference.Box === lib.Box, copy.up === lib.up, other.up === copy.up, both.up === lib.up, both.mine === lib.up],
      calls: [lib.up(), reference.up(), copy.up(), copy.up(), copy.up(), other.up(), both.mine()],
      boxes: [new reference.Box() instanceof lib.Box, lib.Box.made, new copy.Box().version()],
      count: lib.up(),
    })`,
    { files: library('1.0.0') },
  )
  expect(result).toEqual({
    same: [true, true, false, false, true, false],
    calls: ['1.0.0 1', '1.0.0 2', '1.0.0 1', '1.0.0 2', '1.0.0 3', '1.0.0 1', '1.0.0 1'],
    boxes: [true, 1, '1.0.0'],
    count: '1.0.0 3',
  })
})

goalTest('C17', "the sender's version by value beside the receiver's own by reference", async () => {
  const [reference, value] = await runScript<[string, string]>(
    `${program}
    const value = () => ({ up: lib.up(), version: new lib.Box().version(), own: lib.up })
    await report([undefined, ['lib']].map((byValue) => Buffer.from(cornichon.dumps(value, { byValue })).toString('base64')))`,
    { files: library('1.0.0') },
  )
  const result = await runScript(
    `${program}
    const [byReference, byValue] = ['reference.bin', 'value.bin'].map((file) => cornichon.loads(readFileSync(file))())
    await report([byReference.up, byReference.version, byReference.own === lib.up, byValue.up, byValue.version, byValue.own === lib.up, lib.up()])`,
    {
      files: {
        ...library('2.0.0'),
        'reference.bin': Buffer.from(reference, 'base64'),
        'value.bin': Buffer.from(value, 'base64'),
      },
    },
  )
  expect(result).toEqual(['2.0.0 1', '2.0.0', true, '1.0.0 1', '1.0.0', false, '2.0.0 2'])
})

goalTest(
  'C17',
  'two versions of one package that a process has: each is referred to where it is installed',
  async () => {
    const nested = Object.entries(library('2.0.0')).map(([path, text]) => [`node_modules/host/${path}`, text])
    const files = {
      ...library('1.0.0'),
      ...Object.fromEntries(nested),
      'node_modules/host/package.json': JSON.stringify({ name: 'host', version: '3.0.0', main: 'index.js' }),
      'node_modules/host/index.js': `exports.lib = require('lib'); exports.up = () => exports.lib.up()`,
    }
    const result = await runScript(
      `${program}
    const host = require('host')
    const [one, two, both] = [cornichon.loads(cornichon.dumps(lib.up)), cornichon.loads(cornichon.dumps(host.lib.up)), cornichon.loads(cornichon.dumps(() => [lib.up(), host.up()]))]
    await report([one === lib.up, two === host.lib.up, one(), two(), both()])`,
      { files },
    )
    expect(result).toEqual([true, true, '1.0.0 1', '2.0.0 1', ['1.0.0 2', '2.0.0 2']])
  },
)
