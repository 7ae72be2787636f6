import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/fixtures/**'],
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Tests start plain Node processes on dist/, so it has to be as new as the sources.
    globalSetup: ['scripts/vitest-setup.mjs'],
  },
})
