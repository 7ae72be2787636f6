// Closures keep their meaning: for random programs of nested closures with shared and separate counters, a random
// series of calls gives the same on the original, on a copy in a process without the source, and on the copy's copy.
// CORNICHON_RUNS=3000 looks longer; a seed that is printed can be given as CORNICHON_SEED.
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { Conversation } from '../support/conversation.ts'
import { type Call, callerText, calls, type Program, program, programText } from './program.ts'

interface Case {
  readonly program: Program
  /** Before the dump (so that the state is not the initial one), and after it. */
  readonly before: readonly Call[]
  readonly after: readonly Call[]
}

const cases: fc.Arbitrary<Case> = fc.record({ program, before: calls, after: calls })
const runs = Number(process.env['CORNICHON_RUNS'] ?? 20)
const seeds = process.env['CORNICHON_SEED'] ? [Number(process.env['CORNICHON_SEED'])] : [1, 20240607]
/** Of a test: what is left of it goes into making a program that fails smaller. */
const milliseconds = runs * 500 + 30_000

/** Builds a program, calls it, dumps it, and calls it again. */
const sender = new Conversation(`${callerText}
  const answer = async ({ text, before, after }) => {
    const value = (0, eval)(text)
    await run(value, before)
    const bundle = Buffer.from(cornichon.dumps(value)).toString('base64')
    return { bundle, results: await run(value, after) }
  }`)

/** Has only the bundles. A copy is dumped before it is called. */
const receivers = [0, 1].map(
  () =>
    new Conversation(`${callerText}
  const answer = async ({ bundle, after }) => {
    const value = cornichon.loads(Buffer.from(bundle, 'base64'))
    const again = Buffer.from(cornichon.dumps(value)).toString('base64')
    return { bundle: again, results: await run(value, after) }
  }`),
)

interface Answer {
  readonly bundle: string
  readonly results: unknown
}

afterAll(() => Promise.all([sender, ...receivers].map((each) => each.stop())))

let programs = 0

async function keepsItsMeaning({ program, before, after }: Case): Promise<void> {
  const text = programText(program, programs++)
  try {
    const original = await sender.ask<Answer>({ text, before, after })
    let { bundle } = original
    for (const receiver of receivers) {
      const copy = await receiver.ask<Answer>({ bundle, after })
      expect(JSON.stringify(copy.results)).toBe(JSON.stringify(original.results))
      bundle = copy.bundle
    }
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${text}`)
  }
}

test.each(seeds)(
  'random programs give the same results on the copy and on its copy, seed %i',
  (seed) =>
    fc.assert(fc.asyncProperty(cases, keepsItsMeaning), {
      seed,
      numRuns: runs,
      interruptAfterTimeLimit: milliseconds,
    }),
  milliseconds + 20_000,
)

test('the programs make calls that change what others read', () => {
  const texts = fc.sample(program, { seed: 1, numRuns: 60 }).map((one) => programText(one, 0))
  for (const form of ['class K', 'function*', 'async (', 'get now', 'set now', 'new Map', 'new Set', 'odd'])
    expect(
      texts.some((text) => text.includes(form)),
      form,
    ).toBe(true)
})
