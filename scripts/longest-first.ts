// The order of test files where no earlier run has told how long each takes: vitest goes by their sizes, and the files of the
// tables, which are the longest to run, are small. One that begins last has a core for itself and leaves the other idle.
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The longest first: with them, two thirds of the time are spoken for, and short ones are left for the end. */
const LONGEST = [
  'conformance/c.test.ts',
  'executor/redis.test.ts',
  'executor/cli/fleet.test.ts',
  'bundle/forged.test.ts',
  'conformance/k.test.ts',
  'executor/runtime-env/fleet.test.ts',
  'conformance/v.test.ts',
  'conformance/c21.test.ts',
  'executor/redis-workers.test.ts',
  'executor/redis-batches.test.ts',
  'package.test.ts',
  'executor/redis-server.test.ts',
  'executor/redis-actors.test.ts',
  'fuzz/mutations.test.ts',
  'executor/runtime-env/processes.test.ts',
  'executor/threads.test.ts',
  'executor/process.test.ts',
  'conformance/compatibility.test.ts',
  'executor/runtime-env/redis.test.ts',
  'executor/runtime-env/threads.test.ts',
  'property/closures.test.ts',
  'executor/inline.test.ts',
  'conformance/r.test.ts',
]

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.findIndex((path) => moduleId.endsWith(`/test/${path}`))
      return at < 0 ? LONGEST.length : at
    }
    return sorted.sort((a, b) => rank(a) - rank(b))
  }
}
