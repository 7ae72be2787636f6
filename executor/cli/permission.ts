// `cornichon worker --permission`: the same command again, in a process under Node's permission model
// (https://nodejs.org/api/permissions.html). That can only be asked for when a process starts. What the worker needs for
// itself is granted: threads, reading its own code, and the network where that is a permission, too.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nearest, suggestion } from '../../runtime-env/nearest.ts'
import { codeFolder } from '../../runtime-env/own-code.ts'
import { UsageError } from './failure.ts'

/** What Node calls `--allow-...`; those of paths come with one. */
const PATHS = ['fs-read', 'fs-write']
const SWITCHES = ['addons', 'child-process', 'inspector', 'net', 'wasi', 'worker']

const known = [...PATHS, ...SWITCHES]

const isWindows = process.platform === 'win32'

const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/** Milliseconds in which a signal that comes again is the same one: systemd sends it to both, and it is passed on. */
export const SAME = 300

/** How often a process looks whether the one that it works for is still there: milliseconds. */
const LOOK = 1000

/** Node's arguments for a list of grants: `fs-read=/data`, `child-process`. Throws UsageError for what is none. */
export function permissionArguments(grants: readonly string[]): string[] {
  const isAllowed = (name: string) => process.allowedNodeEnvironmentFlags.has(`--allow-${name}`)
  const allow = [`--allow-worker`, `--allow-fs-read=${ownFiles()}`]
  if (isAllowed('net')) allow.push('--allow-net')
  for (const grant of grants) {
    const at = grant.indexOf('=')
    const name = at < 0 ? grant : grant.slice(0, at)
    if (!known.includes(name))
      throw new UsageError(`--permission knows no ${name}. ${suggestion(nearest(name, known), known)}`)
    if (PATHS.includes(name) !== at > 0)
      throw new UsageError(
        PATHS.includes(name)
          ? `--permission ${name} needs a path: ${name}=/folder`
          : `--permission ${name} takes no value`,
      )
    // What this Node does not guard is allowed as it is.
    if (isAllowed(name)) allow.push(`--allow-${grant}`)
  }
  const isStable = process.allowedNodeEnvironmentFlags.has('--permission')
  return [isStable ? '--permission' : '--experimental-permission', ...new Set(allow)]
}

/** The package, and all that is installed beside it. */
function ownFiles(): string {
  const folder = codeFolder()
  const modules = join(folder, 'node_modules') + sep
  return fileURLToPath(import.meta.url).startsWith(modules) ? modules : folder + sep
}

export function isUnderPermission(): boolean {
  return process.permission !== undefined
}

/** Runs this command again, with Node's arguments before it, and ends as that ends. */
export async function runAgain(nodeArguments: readonly string[]): Promise<never> {
  const child = spawn(process.execPath, [...process.execArgv, ...nodeArguments, ...process.argv.slice(1)], {
    stdio: 'inherit',
    // A process group of its own: what a terminal sends would come twice, from it and from here.
    detached: !isWindows,
  })
  // A console of Windows reaches both.
  for (const signal of PASSED_ON)
    process.on(signal, () => (isWindows && signal === 'SIGINT') || child.kill(signal))
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (...end) => resolve(end))
  })
  process.exit(code ?? 128 + constants.signals[signal!])
}

/** Of the process that was started again: calls back when the one that started it is gone. */
export function onParentGone(callback: () => void): void {
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    callback()
  }, LOOK).unref()
}
