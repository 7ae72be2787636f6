// A short run of `npm run soak`, so that it does not rot: few programs and faults, for a few seconds.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { childEnvironment } from '../support/children.ts'
import { nodeBinary, root, tsxArguments } from '../support/paths.ts'
import { Findings } from './findings.ts'
import { judgeFailures, judgeRuns } from './judge.ts'
import type { Run } from './ledger.ts'
import type { FailedCall } from './messages.ts'
import { readSettings } from './settings.ts'

const soak = (...args: string[]) =>
  spawnSync(nodeBinary, [...tsxArguments, join(root, 'test', 'soak', 'index.ts'), ...args], {
    env: childEnvironment(),
    encoding: 'utf8',
  })

describe('npm run soak', () => {
  it.each([
    [
      'in a short run with few faults',
      '--seconds 5 --every 2 --faults kill,client --strands 3 --programs batches,graphs,trees,large',
    ],
    ['on threads', '--engine threads --seconds 4'],
  ])('finds nothing %s', (_where, options) => {
    const { stdout, stderr, status } = soak('--seed', '5', '--drivers', '1', ...options.split(' '))
    expect(stdout + stderr).toContain('seed 5: all is well')
    expect(stdout).toMatch(/^values {4}[1-9]/m)
    expect(status).toBe(0)
  })

  it('says what is wrong with its options', () => {
    const { stderr, status } = soak('--faults', 'kill,flood')
    expect(stderr).toContain('There is no flood among: kill, term, pause, redis, stall, client, driver.')
    expect(status).toBe(2)
  })
})

describe('what is judged', () => {
  const settings = readSettings(['batches'], ['--recover-after', '2'])
  const at = Date.now() - 1000
  const failed: FailedCall = {
    ...{ id: 'd0.1#1', program: 'batches', error: 'WorkerCrashedError', message: 'it died' },
    ...{ made: at, over: at + 60_000, budget: 0, restarts: null },
  }
  const run: Run = { id: 'd0.1#1', at, attempt: 1, worker: 'w1/thread-1', ended: null }
  const again: Run = { ...run, at: at + 60_000, worker: 'w2/process-1' }
  const judged = (judge: (findings: Findings) => void, hasFault: boolean) => {
    const findings = new Findings(() => {})
    if (hasFault) findings.fault('kill', 'w1', 'w1')
    judge(findings)
    return findings.violations.length
  }

  it('an error has to have a fault that explains it', () => {
    expect(judged((findings) => judgeFailures(findings, [failed], [], settings), true)).toBe(0)
    expect(judged((findings) => judgeFailures(findings, [failed], [], settings), false)).toBe(1)
    expect(
      judged((findings) => judgeFailures(findings, [{ ...failed, budget: 1 }], [], settings), true),
    ).toBe(1)
    const died = (...workers: string[]) =>
      judged((findings) => {
        const runs = workers.map((name) => ({ ...run, worker: `${name}/thread-1` }))
        judgeFailures(findings, [{ ...failed, error: 'ActorDiedError' }], runs, settings)
      }, true)
    expect(died('w1', 'w2')).toBe(0)
    expect(died('w2')).toBe(1)
  })

  it('what ran twice, too; what has no retries may not', () => {
    const count = (id: string, hasFault: boolean, output = '') => {
      const runs = [run, again].map((each) => ({ ...each, id }))
      return judged((findings) => judgeRuns(findings, runs, output, settings), hasFault)
    }
    expect(count('d0.1#1', true)).toBe(0)
    expect(count('d0.1#1', false)).toBe(1)
    expect(count('d0.1#1!0', true)).toBe(1)
    expect(count('d0.1#1!t2', false)).toBe(0)
    const ended = (worker: string) =>
      `(node:1) WorkerEndWarning: ${worker} ended: work (7) was cancelled, with force; under way there: work (8)`
    expect(count('d0.1#1', false, ended('w1/thread-1'))).toBe(0)
    expect(count('d0.1#1', false, ended('w1/thread-2'))).toBe(1)
  })
})
