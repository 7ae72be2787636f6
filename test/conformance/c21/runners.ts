// C21: the program inside a test of vitest's, in each of its pools.
import { join } from 'node:path'
import { root } from '../../support/paths.ts'
import { sendFile, type ToolchainCase } from '../../support/toolchain.ts'
import { exercise, expected, program } from './program.ts'

const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')

const config = (pool: string) => `
  export default {
    test: { pool: '${pool}', maxWorkers: 1, watch: false, cache: false, include: ['*.test.ts'] },
  }`

const inPool = (pool: string): ToolchainCase => ({
  title: `vitest, pool ${pool}`,
  files: () => ({
    ...Object.fromEntries(
      Object.entries(program({ decorators: 'legacy', extension: '', constantNamespaces: true })).map(
        ([name, text]) => [`${name}.ts`, text],
      ),
    ),
    'package.json': JSON.stringify({ type: 'module' }),
    'tsconfig.json': JSON.stringify({
      compilerOptions: { experimentalDecorators: true, useDefineForClassFields: false, target: 'es2022' },
    }),
    'vitest.config.mjs': config(pool),
    'main.test.ts': `
      import * as cornichon from 'cornichon'
      import { test } from 'vitest'
      import { value } from './main'
      import { send } from ${JSON.stringify(sendFile)}
      test('sends', () => send(value, undefined, cornichon))`,
  }),
  installed: ['vitest', 'cornichon'],
  run: [vitest, 'run'],
  exercise,
  expected,
  names: true,
})

export const runners: readonly ToolchainCase[] = ['forks', 'threads', 'vmForks', 'vmThreads'].map(inPool)
