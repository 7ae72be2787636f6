// Closures keep their meaning: for random programs of nested closures with shared and separate counters, a random
// series of calls gives the same on the original, on a copy in a process without the source, and on the copy's copy.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runScript } from '../support/script.ts'
import { type Call, callerText, calls, type Program, program, programText } from './program.ts'

interface Case {
  readonly program: Program
  /** Before the dump (so that the state is not the initial one), and after it. */
  readonly before: readonly Call[]
  readonly after: readonly Call[]
}

interface Outcome {
  readonly before: unknown
  readonly after?: unknown
  readonly bundle?: string
  readonly failure?: string
}

const arbitrary: fc.Arbitrary<Case> = fc.record({ program, before: calls, after: calls })
/** Of programs in one batch: two processes serve them all. */
const batch = 30

/** Calls the original, dumps it (twice, around calls that go on), and gives what the copy must give. */
async function send(cases: readonly Case[]): Promise<Outcome[]> {
  return runScript(
    `${callerText}
    const outcomes = []
    for (const { build, before, after } of JSON.parse(readFileSync('plan.json', 'utf8'))) {
      try {
        const value = (0, eval)(build)
        const first = await run(value, before)
        const bundle = Buffer.from(cornichon.dumps(value)).toString('base64')
        outcomes.push({ before: first, bundle, after: await run(value, after) })
      } catch (error) { outcomes.push({ failure: 'dumps: ' + error.stack }) }
    }
    await report(outcomes)`,
    {
      files: {
        'plan.json': JSON.stringify(
          cases.map(({ program, before, after }, i) => ({ build: programText(program, i), before, after })),
        ),
      },
    },
  )
}

/** In a process that has only the bundles. */
async function receive(cases: readonly Case[], outcomes: readonly Outcome[]) {
  return runScript<{ copy?: unknown; again?: unknown; failure?: string }[]>(
    `${callerText}
    const outcomes = []
    for (const { bundle, after } of JSON.parse(readFileSync('plan.json', 'utf8'))) {
      if (!bundle) { outcomes.push({}); continue }
      try {
        const value = cornichon.loads(Buffer.from(bundle, 'base64'))
        // Dumped before it is called, and called before the copy's copy is.
        const again = cornichon.dumps(value)
        outcomes.push({ copy: await run(value, after), again: Buffer.from(again).toString('base64') })
      } catch (error) { outcomes.push({ failure: 'loads: ' + error.stack }) }
    }
    await report(outcomes)`,
    {
      files: {
        'plan.json': JSON.stringify(cases.map(({ after }, i) => ({ bundle: outcomes[i].bundle, after }))),
      },
    },
  )
}

/** For each case, what went wrong. */
async function failures(cases: readonly Case[]): Promise<(string | null)[]> {
  const sent = await send(cases)
  const received = await receive(cases, sent)
  const reloaded = await receive(
    cases,
    received.map(({ again }) => ({ before: null, bundle: again as string | undefined })),
  )
  return cases.map((_, i) => {
    const failure = sent[i].failure ?? received[i].failure ?? reloaded[i].failure
    if (failure) return failure
    const wanted = JSON.stringify(sent[i].after)
    for (const [name, got] of [
      ['copy', received[i].copy],
      ["copy's copy", reloaded[i].copy],
    ] as const)
      if (JSON.stringify(got) !== wanted)
        return `the original gave ${wanted}\nthe ${name} gave ${JSON.stringify(got)}`
    return null
  })
}

test.each([1, 20240607])(
  'random programs give the same results on the copy and on its copy, seed %i',
  async (seed) => {
    const cases = fc.sample(arbitrary, { seed, numRuns: batch })
    const found = (await failures(cases)).flatMap((failure, i) =>
      failure === null ? [] : [`seed ${seed}, case ${i}: ${failure}\n${programText(cases[i].program, i)}`],
    )
    // The shortest of the programs that fail says most: as good as shrinking, which would start processes for each step.
    found.sort((a, b) => a.length - b.length)
    expect(found.slice(0, 1), `${found.length} of ${batch} programs fail`).toEqual([])
  },
  60_000,
)

test('the programs make calls that change what others read', () => {
  const texts = fc.sample(program, { seed: 1, numRuns: batch }).map((one) => programText(one, 0))
  for (const form of ['class K', 'function*', 'async (', 'get now', 'set now', 'new Map', 'new Set', 'odd'])
    expect(
      texts.some((text) => text.includes(form)),
      form,
    ).toBe(true)
})
