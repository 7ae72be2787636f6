// Reads a bundle that was opened.
import { Kind } from '../bundle/container.ts'
import { keepHiddenClass } from '../hidden-classes.ts'
import { type Reference, resolveReference } from '../references/index.ts'
import { FunctionReader } from './function-reader.ts'
import { GraphReader } from './graph-reader.ts'
import { Guard } from './guard.ts'
import { type LoadOptions, noBundle, type OpenBundle, rebuildingError } from './open.ts'
import { makeRebuilder } from './rebuilder.ts'
import type { ReaderSession } from './session.ts'

export function read(
  bundle: OpenBundle,
  options: LoadOptions,
  modules: ReadonlyMap<string, object> | undefined,
  session: ReaderSession | null = null,
): unknown {
  try {
    const functions = new FunctionReader(bundle.units, bundle.environments, bundle.functions)
    const value = readerOf(bundle, functions, options, modules, session).root()
    functions.publishClasses()
    return value
  } catch (error) {
    throw rebuildingError(error)
  }
}

/** A value that an asynchronous function returns. */
export function awaitable(value: unknown, { code }: LoadOptions): unknown {
  if (code === 'refuse') new Guard().awaited(value)
  return value
}

export const resolveFound = (reference: Reference) => resolveReference(reference)
export const intrinsic = (path: string) => resolveReference({ kind: 'intrinsic', path })

function readerOf(
  bundle: OpenBundle,
  functions: FunctionReader,
  options: LoadOptions,
  modules: ReadonlyMap<string, object> | undefined,
  session: ReaderSession | null,
): GraphReader {
  const context = {
    references: bundle.references,
    resolve:
      modules === undefined ? resolveFound : (reference: Reference) => resolveReference(reference, modules),
    intrinsic,
    buffers: bundle.buffers,
    refusesCode: options.code === 'refuse',
    asksModules: options.modules !== undefined,
    rebuilder: makeRebuilder(options.persistentLoad),
    limits: bundle.limits,
    keepsNodes: bundle.kind !== Kind.Tree,
    borrows: options.copy === false,
  }
  return new GraphReader(bundle.graph, bundle.text, bundle.blobs, functions, context, session)
}

keepHiddenClass(readerOf(noBundle(), new FunctionReader([], [], []), {}, undefined, null).complete())
