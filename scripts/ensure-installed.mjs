// Makes every npm script work right after `git clone`: runs `npm ci` where node_modules is missing or is not
// what package-lock.json asks for. Uses nothing but Node, for at this point there may be nothing else.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root, withLock } from './lock.mjs'

/** Installs what `folder`'s package.json asks for, unless it is there already. */
export async function ensureInstalled(folder = root) {
  if (isInstalled(folder)) return
  await withLock('install', () => {
    if (!isInstalled(folder)) install(folder)
  })
}

function install(folder) {
  const command = existsSync(join(folder, 'package-lock.json')) ? 'ci' : 'install'
  console.error(
    `Installing dependencies (npm ${command}${folder === root ? '' : ` in ${relative(root, folder)}`}) ...`,
  )
  const { status, error } = npm([command, '--no-audit', '--no-fund'], folder)
  if (status !== 0) throw new Error(`npm ${command} failed in ${folder}`, { cause: error })
}

/** Runs npm in a folder; its output goes to stderr, so that stdout stays the script's own. */
export function npm(args, cwd) {
  // Under an npm script, npm names the file it was started from; starting that one needs no shell.
  const cli = process.env.npm_execpath
  if (cli?.endsWith('.js'))
    return spawnSync(process.execPath, [cli, ...args], { cwd, stdio: ['ignore', 2, 2] })
  return spawnSync('npm', args, { cwd, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' })
}

/**
 * Compares the lock file with the one that npm leaves in node_modules. The contents count and not their times,
 * which a checkout or an `npm install` without effect changes too: a needless `npm ci` would take
 * node_modules away from processes that run.
 */
function isInstalled(folder) {
  const installed = readPackages(join(folder, 'node_modules', '.package-lock.json'))
  if (!installed) return false
  const wanted = readPackages(join(folder, 'package-lock.json'))
  if (!wanted) return true
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === '') return true
    // An optional package may be meant for another platform, and is absent then.
    return installed[path] ? installed[path].version === version : optional === true
  })
}

function readPackages(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')).packages
  } catch {
    return undefined
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await ensureInstalled()
