// Is what comes back the same? Libraries on payloads, made small, under a strict comparison of the graphs. In a process
// of its own: comparing leaves traces that a measurement should not meet. Prints a verdict a line.
//   node --import tsx verify.ts SCALE TASKS
import { writeSync } from 'node:fs'
import { findDifference } from '../../test/support/strict-equal.ts'
import { libraries } from './libraries.mjs'
import { payloads } from './payloads.mjs'

export interface Verdict {
  readonly payload: string
  readonly library: string
  /** Null if it is right. */
  readonly problem: string | null
}

async function verify(payload: string, library: string, scale: number): Promise<string | null> {
  const { make, hidden } = payloads[payload]
  const value = make(scale)
  // Out of band the buffer itself comes back.
  const same = library.includes('out of band') ? (object: object) => object instanceof ArrayBuffer : undefined
  try {
    const { encode, decode } = await libraries.find(({ name }) => name === library)!.open()
    const difference = findDifference(decode(encode(value)), value, { same, hidden })
    return difference && `wrong: ${difference.path}: ${difference.message}`
  } catch (error) {
    return `refused: ${String((error as Error)?.message ?? error)
      .split('\n')[0]
      .slice(0, 100)}`
  }
}

for (const [payload, library] of JSON.parse(process.argv[3]) as [string, string][]) {
  writeSync(1, `> ${payload} ${library}\n`)
  const problem = await verify(payload, library, Number(process.argv[2]))
  writeSync(1, `${JSON.stringify({ payload, library, problem } satisfies Verdict)}\n`)
}
