// Imports a user's module. What keeps one from starting (a syntax error, an import that is not there) is told with its
// place and without a stack, which would show nothing but the module loader.
import { sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ParseWatch } from '../../serializer/capture/parse-watch.ts'
import { BrokenModuleError, isCommandsFrame, ProgramError } from './failure.ts'

/** `file` is how the user named it, `path` where it is. */
export async function importModule(file: string, path: string): Promise<object> {
  const watch = new ParseWatch()
  try {
    return (await import(pathToFileURL(path).href)) as object
  } catch (error) {
    if (!isOfLoader(error)) throw new ProgramError(`importing ${file} failed:`, error)
    const place = error instanceof SyntaxError ? (placeInStack(error) ?? watch.placeOf(error)) : undefined
    throw new BrokenModuleError(
      `importing ${file} failed: ${place === undefined ? '' : `${place}: `}${error.message}${wayOut(error)}`,
    )
  } finally {
    watch.end()
  }
}

const LOADERS = [
  'node:',
  `${sep}node_modules${sep}esbuild${sep}`,
  `${sep}node_modules${sep}tsx${sep}`,
] as const

/** Did no code of the program throw it, but the loader or compiler of modules? */
function isOfLoader(error: unknown): error is Error {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return false
  const frames = error.stack.split('\n').filter((line) => line.startsWith('    at '))
  return frames.every((frame) => isCommandsFrame(frame) || LOADERS.some((loader) => frame.includes(loader)))
}

/** Node writes it before the stack if a module of the graph lacks what another one imports of it. */
function placeInStack({ stack }: Error): string | undefined {
  const [, url, line] = /^(file:.*):(\d+)\n/.exec(stack ?? '') ?? []
  return url === undefined ? undefined : `${fileURLToPath(url)}:${line}`
}

function wayOut({ message }: Error): string {
  return message.includes('Top-level await') && message.includes('"cjs"')
    ? `\nIt is compiled as CommonJS: let its name end in .mts, or its package.json say "type": "module"`
    : ''
}
