// Which files of a folder npm would publish: its own client alone knows.
import { spawnSync } from 'node:child_process'
import { findNpmScript } from '../npm/client.ts'

/** The files that `npm pack` puts into a package: `files` of its package.json, .npmignore and all. */
export function publishedFiles(folder: string): string[] {
  const npm = findNpmScript()
  if (npm === undefined)
    throw new Error(
      `npm tells which files of the package ${folder} are published, and there is none here: neither beside ${process.execPath} nor on PATH`,
    )
  const { status, stdout, stderr, error } = spawnSync(
    process.execPath,
    [npm, 'pack', '--dry-run', '--json', '--ignore-scripts', '--loglevel=error'],
    {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      env: { ...process.env, NODE_OPTIONS: '' },
      windowsHide: true,
    },
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
