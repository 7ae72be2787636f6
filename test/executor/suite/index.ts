// What every engine promises: the same tests for each. An engine is a line in test/executor/<engine>.test.ts.
import { init, shutdown } from 'cornichon/executor'
import { afterAll, beforeAll, describe } from 'vitest'
import { actorTests } from './actors.ts'
import { callTests } from './calls.ts'
import { cancelTests } from './cancel.ts'
import { errorTests } from './errors.ts'
import { functionTests } from './functions.ts'
import { nestedTests } from './nested.ts'
import { objectTests } from './objects.ts'
import { optionTests } from './options.ts'
import { sharedWorkerTests } from './shared-workers.ts'
import { startTests } from './start.ts'
import { workerTests } from './workers.ts'

export interface Engine {
  readonly name: string
  readonly init: NonNullable<Parameters<typeof init>[0]>
  /** Calls of two tasks can be under way in the same instant. */
  readonly isParallel: boolean
}

const topics: readonly [title: string, tests: (engine: Engine) => void][] = [
  ['calls', callTests],
  ['objects', objectTests],
  ['options', optionTests],
  ['errors', errorTests],
  ['nested tasks', nestedTests],
  ['actors', actorTests],
  ['actors that are not isolated', sharedWorkerTests],
  ['cancel', cancelTests],
  ['workers', workerTests],
  ['many functions', functionTests],
]

export function executorSuite(engine: Engine): void {
  describe(`engine ${engine.name}`, () => {
    describe('init and shutdown', () => startTests(engine))
    for (const [title, tests] of topics) {
      describe(title, () => {
        beforeAll(() => init({ numCpus: 2, resources: { gpu: 1 }, logToDriver: false, ...engine.init }))
        afterAll(() => shutdown())
        tests(engine)
      })
    }
  })
}
