// Tests of a goal that need more than a row has: several bundles, several processes.
import { test } from 'vitest'
import { isTooNew } from './paths.ts'
import type { GoalMeta } from './suite.ts'

/** A test that tells the report's reader which goal it proves. */
export function goalTest(
  goal: string,
  title: string,
  work: () => unknown,
  state: GoalMeta['state'] = 'kept',
  node?: number,
): void {
  if (isTooNew(node)) return
  test(`${goal} ${title}`, async ({ task }) => {
    task.meta.goal = { goal, title, state, node }
    await work()
  })
}
