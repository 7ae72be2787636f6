import { availableParallelism } from 'node:os'
import { configDefaults, defineConfig } from 'vitest/config'
import { compiledSources } from './scripts/compiled-sources.ts'
import { LongestFirst } from './scripts/longest-first.ts'

export default defineConfig({
  plugins: [compiledSources()],
  server: { watch: { ignored: ['**/.cache/**', '**/dist/**'] } },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/fixtures/**'],
    pool: 'forks',
    // Most tests wait for processes that they start: by itself, vitest would run one file at a time on two cores.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // A second, vitest's own, is little for a process that starts on a busy machine.
    expect: { poll: { timeout: 30_000 } },
    // Tests start plain Node processes on dist/, so it has to be as new as the sources.
    globalSetup: ['scripts/vitest-setup.mjs'],
    server: { deps: { external: [/\/\.cache\/tests\//] } },
    // vitest does not see what those modules import.
    forceRerunTriggers: [
      ...configDefaults.forceRerunTriggers,
      '**/{serializer,executor,runtime-env}/**/*.ts',
    ],
  },
})
