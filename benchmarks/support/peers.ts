// Which of the peers can be measured on this machine.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Null if the npm package is installed beside the benchmarks, else why it is left out. */
export function missingPackage(name: string): string | null {
  if (existsSync(join(import.meta.dirname, '..', 'node_modules', name, 'package.json'))) return null
  return 'not installed (npm run bench without --smoke installs it)'
}

/** Null if `python3` can import the module, else why it is left out. */
export function missingPython(module: string): string | null {
  const { status, error } = spawnSync('python3', ['-c', `import ${module}`], { stdio: 'ignore' })
  if (error) return 'there is no python3 here'
  return status === 0 ? null : `python3 can't import ${module} here (pip install ${module})`
}
