// The npm client of this machine, for what it alone knows: which files of a folder it would publish.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** How npm is called: as a script of this Node where it can be found, else as a command. */
export function npmCommand(): { command: string; args: readonly string[]; shell: boolean } {
  const named = process.env.npm_execpath
  const beside = dirname(process.execPath)
  const scripts = [
    ...(named !== undefined && /npm-cli\.[cm]?js$/.test(named) ? [named] : []),
    join(beside, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(beside, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ]
  const script = scripts.find((each) => existsSync(each))
  if (script !== undefined) return { command: process.execPath, args: [script], shell: false }
  return { command: 'npm', args: [], shell: process.platform === 'win32' }
}

/** The files that `npm pack` puts into a package: `files` of its package.json, .npmignore and all. */
export function publishedFiles(folder: string): string[] {
  const { command, args, shell } = npmCommand()
  const { status, stdout, stderr, error } = spawnSync(
    command,
    [...args, 'pack', '--dry-run', '--json', '--ignore-scripts', '--loglevel=error'],
    { cwd: folder, shell, encoding: 'utf8', maxBuffer: 2 ** 28, env: { ...process.env, NODE_OPTIONS: '' } },
  )
  if (error !== undefined || status !== 0) {
    throw new Error(
      `npm can't tell which files of the package ${folder} are published: ${error?.message ?? (stderr.trim() || `npm pack ended with ${status}`)}`,
      { cause: error },
    )
  }
  // A list, or of newer versions an object by name.
  const told = Object.values(JSON.parse(stdout) as Record<string, { files: { path: string }[] }>)
  return told[0]!.files.map(({ path }) => path)
}
