// V8 drops optimized code when a garbage collection finds that the last object of a hidden class is gone which the code
// knows ("weak objects", in its trace). What dumps and loads make for one call must not do that to them: each message
// after a collection would take three times as long.
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { runProgram } from '../capture/support.ts'
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

test('and for what is no plain data', () =>
  expect(droppedIn('({ id }) => loads(dumps([Object.freeze({ id }), /a/g, new Uint8Array(9)]))')).toEqual([]))

const ACCOUNTS = `
class Account { #secret; constructor(i) { this.id = i; this.#secret = 's' + i } get secret() { return this.#secret } }
class Watched { #x = 1; set id(i) { this.kept = i } constructor(i) { this.id = i; this.#x = i } get x() { return this.#x } }
class Fixed { #x = 1; constructor(i) { this.id = i; this.#x = i } get x() { return this.#x } }
Object.freeze(Fixed.prototype)
const make = (type) => Array.from({ length: 20 }, (_, i) => new type(i))
const areAlike = (list) => list.every((each) => capture.haveSameHiddenClass(each, list[0]))
`

test('instances with private fields have one hidden class in the process of their class: that of new', () =>
  expect(
    runProgram(`${ACCOUNTS}
    const list = make(Account)
    const loaded = [...loads(dumps(list)), ...loads(dumps(list))]
    const [watched, fixed] = loads(dumps([make(Watched), make(Fixed)]))
    report([
      areAlike([...loaded, ...list]),
      loaded.every((each, i) => each.id === i % 20 && each.secret === 's' + (i % 20)),
      Object.getPrototypeOf(Account.prototype) === Object.prototype,
      watched.every((each, i) => each.kept === i && each.x === i) && fixed.every((each, i) => each.id === i && each.x === i),
    ])`),
  ).toEqual([true, true, true, true]))

test('and in any other process', () => {
  const bytes = runProgram(`${ACCOUNTS} report([...dumps(make(Account))])`) as number[]
  expect(
    runProgram(`const areAlike = (list) => list.every((each) => capture.haveSameHiddenClass(each, list[0]))
    const loaded = loads(Uint8Array.from(${JSON.stringify(bytes)}))
    report([areAlike(loaded), loaded.every((each, i) => each.id === i && each.secret === 's' + i)])`),
  ).toEqual([true, true])
})
