// Tests of a goal that need more than a row has: several bundles, several processes.
import { test } from 'vitest'
import type { GoalMeta } from './suite.ts'

/** A test that tells the report's reader which goal it proves. */
export function goalTest(
  goal: string,
  title: string,
  work: () => unknown,
  state: GoalMeta['state'] = 'kept',
): void {
  test(`${goal} ${title}`, async ({ task }) => {
    task.meta.goal = { goal, title, state }
    await work()
  })
}
