// Checks the directions of imports (the rules: .dependency-cruiser.cjs) in those source folders that exist.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './lock.mjs'

const folders = ['serializer', 'executor', 'runtime-env'].filter((folder) => existsSync(join(root, folder)))
const cruise = join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs')
const { status } = spawnSync(process.execPath, [cruise, '--config', '.dependency-cruiser.cjs', ...folders], {
  cwd: root,
  stdio: ['ignore', 1, 2],
})
process.exitCode = status ?? 1
