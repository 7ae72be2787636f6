// The npm client: the one that came with the running Node.js, else the one on PATH.
import { existsSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { leashArguments } from './run.ts'

export interface NpmClient {
  readonly command: string
  /** Before npm's own arguments. */
  readonly args: readonly string[]
}

export function findNpm(execPath = process.execPath, path = process.env['PATH'] ?? ''): NpmClient {
  const cli = findNpmScript(execPath, path)
  if (cli !== undefined) return { command: execPath, args: [...leashArguments, cli] }
  throw new Error(
    `there is no npm on this worker: neither beside ${execPath} nor on PATH. Install npm there, or do without the field npm`,
  )
}

/** npm's program, for Node.js to run. */
export function findNpmScript(
  execPath = process.execPath,
  path = process.env['PATH'] ?? '',
): string | undefined {
  return cliBeside(execPath) ?? cliOnPath(path)
}

/** Node.js's own archives have npm there. */
function cliBeside(execPath: string): string | undefined {
  const folder = dirname(realpath(execPath) ?? execPath)
  return [join(folder, '..', 'lib'), folder].map(cliIn).find(existsSync)
}

function cliOnPath(path: string): string | undefined {
  for (const folder of path.split(delimiter)) {
    if (folder === '') continue
    // A link to the file itself, or a script that lies beside node_modules.
    const linked = realpath(join(folder, 'npm'))
    if (linked?.endsWith('npm-cli.js')) return linked
    for (const parent of [folder, join(folder, '..', 'lib')])
      if (existsSync(cliIn(parent))) return cliIn(parent)
  }
  return undefined
}

function cliIn(folder: string): string {
  return join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js')
}

function realpath(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}
