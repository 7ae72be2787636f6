// Installs a set of npm packages in a folder. Where they come from (registry, proxy, keys) is the worker's own npm
// configuration; scripts of packages run only if the environment allows them.
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { PluginTools, ResolvedNpm } from '../types.ts'
import { segmentsOf } from '../unpack/entries.ts'
import { findNpm } from './client.ts'
import { runProgram } from './run.ts'

export async function installPackages(npm: ResolvedNpm, tools: PluginTools): Promise<void> {
  const { folder, logger, signal } = tools
  await writeFile(join(folder, 'package.json'), JSON.stringify(npm.packageJson, null, 2))
  if (npm.lockFile !== null)
    await writeFile(join(folder, 'package-lock.json'), JSON.stringify(npm.lockFile, null, 2))
  for (const [path, uri] of Object.entries(npm.local)) await placeLocal(path, uri, tools)
  const { command, args } = findNpm()
  const verb = npm.lockFile === null || npm.isLockPartial ? 'install' : 'ci'
  const options = [
    '--prefix',
    folder,
    ...(npm.allowScripts ? [] : ['--ignore-scripts']),
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--no-progress',
    '--no-update-notifier',
    '--no-global',
  ]
  const result = await runProgram({
    command,
    args: [...args, verb, ...options],
    cwd: folder,
    env: environmentForNpm(),
    logger,
    signal,
  })
  if (result !== 0)
    throw new Error(`npm ${verb} ended with ${typeof result === 'number' ? `exit code ${result}` : result}`)
  // npm makes none where nothing is asked for.
  await mkdir(join(folder, 'node_modules'), { recursive: true })
}

/** A package that came from the driver's own disk: an archive as it is, or a folder. */
async function placeLocal(path: string, uri: string, tools: PluginTools): Promise<void> {
  const target = join(tools.folder, ...segmentsOf(path))
  const archive = await tools.archive(uri)
  await mkdir(dirname(target), { recursive: true })
  if (uri.endsWith('.zip')) {
    await mkdir(target, { recursive: true })
    await tools.unpack(archive, target, uri)
  } else await copyFile(archive, target)
}

/** Without what an npm that started the worker says of its own run: whose script it is, in which folder. */
function environmentForNpm(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      !/^npm_(lifecycle|package|command|execpath|node_execpath)/i.test(name) &&
      !/^npm_config_(local_prefix|prefix|global|location|dry_run|package_lock_only|workspaces?|include_workspace_root)$/i.test(
        name,
      ),
  )
  return Object.fromEntries(kept)
}
