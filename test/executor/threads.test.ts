import { executorSuite } from './suite/index.ts'

executorSuite({ name: 'threads', init: { mode: 'threads' }, isParallel: true })
