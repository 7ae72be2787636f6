// Actors with workers of their own, where there is no room for more: each is refused with the reason, the others go on.
import { afterAll, expect, it } from 'vitest'
import {
  freeInContainer,
  lackingForThread,
  lackingMemory,
  roomForThreads,
} from '../../executor/local/headroom.ts'
import { runNode } from '../support/command.ts'
import { root } from '../support/paths.ts'
import { createWorkspace } from '../support/workspace.ts'

const workspace = createWorkspace()
afterAll(() => workspace.remove())
workspace.link('node_modules/cornichon', root)

it('a worker that would take more memory than is free is refused, those that start counted in', () => {
  expect(lackingMemory(2 ** 20, 0)).toBe(null)
  expect(lackingMemory(2 ** 50, 0)).toMatch(
    /^it would take 1126 TB of memory, and \S+ .B are free, of which 134 MB are kept$/,
  )
  expect(lackingMemory(2 ** 20, 10_000_000)).toMatch(/ and 10000000 others that start take as much each$/)
  expect(lackingForThread(1000, 0)).toBe(null)
})

it('a container has what its limit leaves, and what files have in memory besides', () => {
  const folder = workspace.path('group')
  expect(freeInContainer(folder)).toBe(Number.POSITIVE_INFINITY)
  workspace.write({
    'group/memory.max': '1000000\n',
    'group/memory.current': '900000\n',
    'group/memory.stat': 'anon 500000\nfile 400000\ninactive_file 300000\nactive_file 50000\nslab 10\n',
  })
  expect(freeInContainer(folder)).toBe(450_000)
  workspace.write({ 'group/memory.max': 'max\n' })
  expect(freeInContainer(folder)).toBe(Number.POSITIVE_INFINITY)
})

it('a thread is refused before the process has as many memory mappings as it may have', () => {
  expect(roomForThreads(65_530, 10_000, 80, 0)).toBe(351)
  expect(roomForThreads(65_530, 10_000, 80, 100)).toBe(251)
  expect(roomForThreads(65_530, 55_600, 420, 7)).toMatch(
    /with 420 threads of other actors \(7 of them start\) this process has 55600 of the 65530 that it may have \(vm\.max_map_count\)/,
  )
})

it('X7 actors for which there is no memory die of that, and start when there is; those that share threads live', () => {
  workspace.write({
    'program.mjs': `
      import { get, init, remote } from 'cornichon/executor'
      import { syncBuiltinESMExports } from 'node:module'
      import os from 'node:os'
      // As much as two threads take that start at once.
      os.freemem = () => 195 * 2 ** 20
      syncBuiltinESMExports()
      class One { hello() { return 'hello' } }
      await init({ numCpus: 1 })
      const forEver = { maxRestarts: -1 }
      const actors = Array.from({ length: 20 }, () => remote(One, forEver).remote())
      const ends = await Promise.allSettled(actors.map((actor) => get(actor.hello.remote())))
      console.log(ends.filter(({ status }) => status === 'fulfilled').length)
      const { reason } = ends.at(-1)
      console.log(reason.name, reason.message.replace(/a-[\\w-]+/, 'ID'))
      console.log(await get(remote(One).remote().hello.remote()))
      const shared = Array.from({ length: 20 }, () => remote(One, { isolate: false }).remote())
      console.log(new Set(await get(shared.map((actor) => actor.hello.remote()))).size)`,
  })
  expect(runNode(workspace.folder, 'program.mjs')).toEqual({
    code: 0,
    stdout:
      "2\nActorDiedError actor One (ID) can't have a worker of its own here: it would take 27.3 MB of memory, and 204 MB are free, " +
      'of which 134 MB are kept and 2 others that start take as much each. Actors that say isolate: false share workers\nhello\n1\n',
    stderr: '',
  })
})

it('X7 an actor whose thread can not even start is not started again for ever', () => {
  workspace.write({
    'program.mjs': `
      import { get, init, remote } from 'cornichon/executor'
      class One { hello() { return 'hello' } }
      // Enough for Node to start, where with less V8 may end the process, and not for cornichon.
      await init({ numCpus: 1, resourceLimits: { maxOldGenerationSizeMb: 6 } })
      for (const isolate of [true, false]) {
        const actor = remote(One, { maxRestarts: -1, isolate }).remote()
        const { name, message } = await get(actor.hello.remote()).catch((error) => error)
        console.log(name, message.replace(/a-[\\w-]+/, 'ID'))
      }`,
  })
  const { stdout, code } = runNode(workspace.folder, 'program.mjs')
  expect(stdout).toMatch(
    /^(ActorDiedError actor One \(ID\) can't live: thread-\d, its worker, ended before its code was loaded: it ran out of memory\n){2}$/,
  )
  expect(code).toBe(0)
})
