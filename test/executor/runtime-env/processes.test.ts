// All that is promised of tasks holds in worker processes, too: the whole suite, with a job that has an environment.
import { executorSuite } from '../suite/index.ts'

executorSuite({
  name: 'process',
  init: { mode: 'threads', runtimeEnv: { envVars: { E2E_ALL: '1' } } },
  isParallel: true,
})
