// A hundred thousand forged bundles: each is refused with UnpicklingError or gives some value; no hang, no crash, no
// other error, no code of the bundle compiled where code is refused, no intrinsic changed, no memory without limit.
// CORNICHON_FUZZ_SEED and CORNICHON_FUZZ_RUNS choose others; one run again: CORNICHON_FUZZ_SEED=1 CORNICHON_FUZZ_FIRST=77 CORNICHON_FUZZ_RUNS=1.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { distUrl, nodeBinary } from '../support/paths.ts'
import { createWorkspace } from '../support/workspace.ts'

const seed = Number(process.env['CORNICHON_FUZZ_SEED'] ?? 20251125)
const runs = Number(process.env['CORNICHON_FUZZ_RUNS'] ?? 100_000)
const first = Number(process.env['CORNICHON_FUZZ_FIRST'] ?? 0)
const processes = Math.min(2, runs)

interface Outcome {
  readonly odd: readonly string[]
  readonly loaded: number
  readonly memory: number
  readonly globals: number
}

function fuzz(from: number, to: number): Promise<Outcome> {
  const workspace = createWorkspace()
  const progress = workspace.path('progress')
  const script = join(import.meta.dirname, 'fuzz.mjs')
  const limits = ['--max-old-space-size=256', '--unhandled-rejections=none']
  const args = [...limits, script, distUrl, String(seed), String(from), String(to), progress]
  const child = spawn(nodeBinary, args, { cwd: workspace.folder, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  let stderr = ''
  let outcome: Outcome | undefined
  child.stderr!.on('data', (chunk) => {
    stderr = (stderr + chunk).slice(-3000)
  })
  child.on('message', (message) => {
    outcome = JSON.parse(message as string) as Outcome
  })
  return new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (outcome) return resolve(outcome)
      const run = readFileSync(progress, 'utf8').trim()
      reject(
        new Error(`seed ${seed}, run ${run}: crashed or hung (${signal ?? `exit code ${code}`})\n${stderr}`),
      )
    })
  }).finally(() => workspace.remove())
}

// However slow the machine is: what hangs is ended by the watchdog of its process.
const timeout = 900_000

test(`${runs} forged bundles are refused or load as something, and nothing else happens`, {
  timeout,
}, async () => {
  const each = Math.ceil(runs / processes)
  const parts = Array.from({ length: processes }, (_, i) =>
    fuzz(first + i * each, first + Math.min(runs, (i + 1) * each)),
  )
  const outcomes = await Promise.all(parts)
  expect(outcomes.flatMap(({ odd }) => odd)).toEqual([])
  expect(outcomes.map(({ globals }) => globals)).toEqual(outcomes.map(() => 0))
  for (const { memory } of outcomes) expect(memory).toBeLessThan(600e6)
  // Most mutants that only load as damaged would not tell much.
  if (runs >= 1000) expect(outcomes.reduce((sum, { loaded }) => sum + loaded, 0)).toBeGreaterThan(runs / 100)
})
