// V8 drops optimized code when a garbage collection finds that the last object of a hidden class is gone which the code
// knows ("weak objects", in its trace). What dumps and loads make for one call must not do that to them: each message
// after a collection would take three times as long.
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { childEnvironment } from '../support/children.ts'
import { distUrl, nodeBinary } from '../support/paths.ts'

const COLLECTIONS = 40
/** Code is made anew for other reasons, too, before it is as it stays. */
const TOLERATED = 5

/** The functions whose code was dropped again and again while `work` was called, with collections in between. */
function droppedIn(work: string): string[] {
  const { status, stdout, stderr } = spawnSync(
    nodeBinary,
    [
      ...['--expose-gc', '--trace-deopt', '--input-type=module', '--eval'],
      `import { dumps, loads, Pickler, Unpickler } from ${JSON.stringify(distUrl)}
      const work = ${work}
      const message = (i) => ({ id: i, name: 'user-' + i, roles: ['a', 'b'], at: { x: i / 3, y: null }, when: new Date(i) })
      const messages = Array.from({ length: 500 }, (_, i) => message(i))
      for (let i = 0; i < ${COLLECTIONS}; i++) {
        for (const each of messages) work(each)
        gc()
      }`,
    ],
    { encoding: 'utf8', env: childEnvironment(), maxBuffer: 1 << 26, timeout: 60_000 },
  )
  if (status !== 0) throw new Error(`the program ended with ${status}\n${stderr}`)
  const counts = new Map<string, number>()
  for (const [, name] of stdout.matchAll(/<SharedFunctionInfo ([^>]+)>.*reason: weak objects/g))
    counts.set(name!, (counts.get(name!) ?? 0) + 1)
  return [...counts].filter(([, count]) => count > TOLERATED).map(([name]) => name)
}

test('a garbage collection leaves the code of dumps and loads optimized', () =>
  expect(droppedIn('(each) => loads(dumps(each))')).toEqual([]))

test('and that of a Pickler and an Unpickler', () =>
  expect(
    droppedIn(`((pickler, unpickler) => (each) => unpickler.load(pickler.dump(each)))
      (new Pickler({ memo: 'message' }), new Unpickler())`),
  ).toEqual([]))
