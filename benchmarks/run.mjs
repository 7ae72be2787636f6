// `npm run bench -- NAME [flags]`: builds, runs benchmarks/NAME.ts, or all of benchmarks/NAME-*.ts, and hands the flags on
// (--smoke: a few seconds, only to see that it works). Without a name it lists what there is. The peers are installed on first use, here; --smoke
// does without them.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from '../scripts/build.mjs'
import { ensureInstalled } from '../scripts/ensure-installed.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const [name, ...flags] = process.argv.slice(2)
const names = readdirSync(here)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
  .map((file) => file.slice(0, -'.ts'.length))

const chosen = names.includes(name) ? [name] : names.filter((each) => each.startsWith(`${name}-`))

if (chosen.length > 0) {
  if (!flags.includes('--smoke')) await ensureInstalled(here)
  if (!(await build())) throw new Error('the build failed')
  for (const each of chosen) {
    if (chosen.length > 1) console.log(`\n--- ${each} ---\n`)
    const { status } = spawnSync(process.execPath, ['--import', 'tsx', join(here, `${each}.ts`), ...flags], {
      stdio: 'inherit',
    })
    process.exitCode ||= status ?? 1
  }
} else {
  if (name !== undefined) console.error(`There is no benchmark '${name}'.`)
  console.log(
    `npm run bench -- NAME [flags], where NAME is one of:\n${names.map((each) => `  ${each}`).join('\n')}`,
  )
  process.exitCode = name === undefined ? 0 : 1
}
