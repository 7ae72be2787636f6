// vitest's globalSetup: dist/ is up to date before any test runs, also under a bare `npx vitest`.
// A type error does not stop the tests here; `npm test` and `npm run check` report it as a failure.
import { buildForTests } from './build.mjs'

export default async function setup(project) {
  await buildForTests()
  project.onTestsRerun(buildForTests)
}
