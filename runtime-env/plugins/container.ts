// `container`: the environment's processes run in an image, through the command line of docker or podman. Both hand on
// standard input and output alone, no further pipes, so that is what a worker talks to them by.
import { execFile } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join, sep } from 'node:path'
import { promisify } from 'node:util'
import { codeFolder } from '../own-code.ts'
import type { ProcessContext, ResolvedContainer, ResolvedEnv } from '../types.ts'
import type { BuiltInPlugin } from './built-in.ts'
import { checkNodeVersion } from './node-version.ts'

export const ENGINES = ['docker', 'podman'] as const

type Engine = (typeof ENGINES)[number]

export const container: BuiltInPlugin<ResolvedContainer> = {
  name: 'container',
  schema: {
    type: 'object',
    required: ['image'],
    properties: {
      image: { type: 'string', minLength: 1 },
      runOptions: { type: 'array', items: { type: 'string' } },
      engine: { enum: [...ENGINES, null] },
    },
  },
  // Last of all: what is in front of the command has to hand on what others have set.
  priority: 1000,
  async check({ image, engine }, env) {
    const found = requireContainerEngine(engine)
    const { nodeVersion } = env.fields
    if (nodeVersion !== undefined)
      checkNodeVersion(nodeVersion, await nodeIn(found.path, image), `the image ${image}`)
  },
  modifyContext(context, { image, runOptions, engine }, _, env) {
    const found = requireContainerEngine(engine)
    context.prefix = [...context.prefix, ...commandFor(found, context, image, runOptions, env)]
    // The worker's own is not in the image.
    context.execPath = 'node'
  },
}

/** The path of the command line that is wanted, or of the first that is installed; null where none is. */
export function findContainerEngine(
  engine: Engine | null,
  path = process.env['PATH'] ?? '',
): { readonly name: Engine; readonly path: string } | null {
  for (const name of engine === null ? ENGINES : [engine]) {
    const found = findProgram(name, path)
    if (found !== null) return { name, path: found }
  }
  return null
}

export function requireContainerEngine(engine: Engine | null): {
  readonly name: Engine
  readonly path: string
} {
  const found = findContainerEngine(engine)
  if (found !== null) return found
  throw new Error(
    engine === null
      ? 'container: neither docker nor podman is installed here (on PATH). Install one, or do without the field container'
      : `container: ${engine} is not installed here (on PATH). Install it, or leave out \`engine\``,
  )
}

function findProgram(name: string, path: string): string | null {
  const files = process.platform === 'win32' ? [`${name}.exe`] : [name]
  for (const folder of path.split(delimiter))
    for (const file of files) {
      if (folder === '') continue
      const found = join(folder, file)
      try {
        accessSync(found, constants.X_OK)
        if (statSync(found).isFile()) return found
      } catch {
        // Not in this one.
      }
    }
  return null
}

function commandFor(
  engine: { readonly name: Engine; readonly path: string },
  { cwd, env, mounts }: ProcessContext,
  image: string,
  runOptions: readonly string[],
  resolved: ResolvedEnv,
): string[] {
  // The same paths inside as outside, so that what names one holds in both.
  const folders = [...new Set([...(mounts ?? []), codeFolder(), cwd])]
  const outermost = folders.filter((folder) => !folders.some((other) => isInside(folder, other)))
  return [
    engine.path,
    'run',
    '--rm',
    '--interactive',
    '--init',
    // What runs inside talks to the same hosts as what runs outside: the fleet's Redis, say.
    '--network=host',
    '--label',
    `cornichon.runtime-env=${resolved.key}`,
    ...userOptions(engine.name),
    ...outermost.flatMap((folder) => ['--volume', `${folder}:${folder}`]),
    '--workdir',
    cwd,
    // By name alone: values do not show in lists of processes.
    ...Object.keys(env).flatMap((name) => ['--env', name]),
    ...runOptions,
    image,
  ]
}

/** Files that tasks write in the working directory belong to the worker's user, who has to remove them. */
function userOptions(engine: Engine): string[] {
  const uid = process.getuid?.()
  const gid = process.getgid?.()
  if (uid === undefined || gid === undefined) return []
  return engine === 'podman' && uid !== 0 ? ['--userns=keep-id'] : ['--user', `${uid}:${gid}`]
}

function isInside(folder: string, other: string): boolean {
  return folder !== other && folder.startsWith(other.endsWith(sep) ? other : other + sep)
}

/** The version of Node.js that an image has. */
async function nodeIn(engine: string, image: string): Promise<string> {
  const asked = promisify(execFile)(engine, ['run', '--rm', image, 'node', '--version'], { timeout: 300_000 })
  const { stdout } = await asked.catch((error: Error & { stderr?: string }) => {
    throw new Error(
      `the image ${image} does not say which Node.js it has: ${error.stderr?.trim() || error.message}`,
    )
  })
  return stdout.trim()
}
