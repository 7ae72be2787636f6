// The command that starts a worker process: Node.js as this process has it, with what the environment and limits say.
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { ProcessContext } from '../../runtime-env/types.ts'
import type { InitOptions } from '../options.ts'
import { BEHIND_PREFIX, Pipe } from './messages.ts'

const require = createRequire(import.meta.url)
/** Beside this file, in the same language. */
const isSource = import.meta.url.endsWith('.ts')
const workerFile = fileURLToPath(new URL(isSource ? './worker.ts' : './worker.js', import.meta.url))

export function commandOf(
  { prefix, execPath, execArgv }: Readonly<ProcessContext>,
  limits: InitOptions['resourceLimits'],
): [command: string, args: string[]] {
  const node = [
    execPath,
    ...inheritedArguments(),
    ...execArgv,
    ...limitArguments(limits),
    ...sourceArguments(),
    workerFile,
    ...(prefix.length > 0 ? [BEHIND_PREFIX] : []),
  ]
  if (prefix.length === 0) return [node[0]!, node.slice(1)]
  // A prefix hands on standard input and output alone: they become the pipes, and what is printed goes to standard error.
  const redirected = ['sh', '-c', `exec "$@" ${Pipe.In}<&0 ${Pipe.Out}>&1 1>&2 </dev/null`, 'sh', ...node]
  const all = [...prefix, ...redirected]
  return [all[0]!, all.slice(1)]
}

/** What is about a process, whatever program it runs: Node's permission model and its grants, above all. */
const INHERITED =
  /^--((experimental-)?permission|allow-[\w-]+(=.*)?|enable-source-maps|expose[-_]gc|max-[\w-]+=.*|stack-[\w-]+=.*)$/

function inheritedArguments(): string[] {
  return process.execArgv.filter((argument) => INHERITED.test(argument))
}

/** As a thread's limits, and by the flags that a process has for them. */
function limitArguments(limits: InitOptions['resourceLimits']): string[] {
  const { maxOldGenerationSizeMb, maxYoungGenerationSizeMb, stackSizeMb } = limits ?? {}
  return [
    ...(maxOldGenerationSizeMb === undefined ? [] : [`--max-old-space-size=${maxOldGenerationSizeMb}`]),
    // The young generation has two semi-spaces, and a third for its survivors.
    ...(maxYoungGenerationSizeMb === undefined
      ? []
      : [`--max-semi-space-size=${Math.max(1, Math.ceil(maxYoungGenerationSizeMb / 3))}`]),
    ...(stackSizeMb === undefined ? [] : [`--stack-size=${Math.floor(stackSizeMb * 984)}`]),
  ]
}

/** In a checkout, the worker's file is TypeScript. */
function sourceArguments(): string[] {
  return isSource ? ['--import', pathToFileURL(require.resolve('tsx')).href] : []
}
