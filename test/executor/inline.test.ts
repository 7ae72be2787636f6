import { executorSuite } from './suite/index.ts'

executorSuite({ name: 'inline', init: { mode: 'inline' }, isParallel: false })
