// dumps and loads: a value to a bundle, and back.
import { Kind } from '../bundle/container.ts'
import { signed } from '../bundle/signature.ts'
import { PicklingError, type PicklingProblem, UnpicklingError } from '../errors.ts'
import { beginForData, end, withOriginals } from '../originals.ts'
import { answering } from '../promises.ts'
import { importModules } from '../references/index.ts'
import { NO_DATA, SmallReader } from './data-reader.ts'
import { type BundleBytes, type LoadOptions, type OpenBundle, openBundle } from './open.ts'
import { checkNames, DUMP_OPTIONS, LOAD_OPTIONS } from './option-names.ts'
import { awaitable, read } from './read.ts'
import { Trace } from './trace.ts'
import { type DumpOptions, dump, rootName, write } from './write.ts'

/** What a call without options has. */
const NO_OPTIONS: LoadOptions = Object.freeze({})
const trees = new SmallReader(null)

export type { BundleBytes, LoadOptions } from './open.ts'
export type { DumpOptions } from './write.ts'

/**
 * Pickles a value with everything it reaches: functions with their free variables, classes, object graphs.
 * Returns a bundle. Throws PicklingError if something in the graph can't be pickled; its `path` says what.
 */
export function dumps(value: unknown, options: DumpOptions = {}): Uint8Array {
  const isOutermost = beginForData()
  try {
    checkNames('dumps', options, DUMP_OPTIONS)
    return signed(dump(value, options), options.sign)
  } finally {
    end(isOutermost)
  }
}

/** Every obstacle to pickling the value, in one pass. Never throws. */
export function checkSerializable(
  value: unknown,
  options: DumpOptions = {},
): { ok: boolean; problems: readonly PicklingProblem[] } {
  return withOriginals(() => check(value, options))
}

function check(value: unknown, options: DumpOptions): { ok: boolean; problems: readonly PicklingProblem[] } {
  const trace = new Trace(rootName(value), true)
  try {
    write(value, options, trace, null, null)
  } catch (error) {
    if (error instanceof PicklingError) trace.problems.push(error)
    else
      trace.problems.push({
        path: rootName(value),
        reason: String(error),
        remedy: 'This may be a fault of cornichon: please report it',
      })
  }
  return { ok: trace.problems.length === 0, problems: trace.problems }
}

/** Rebuilds the value of a bundle. Throws UnpicklingError for bad bytes, TypeError for what is not bytes. */
export function loads<T = unknown>(bytes: BundleBytes, options: LoadOptions = NO_OPTIONS): T {
  const isOutermost = beginForData()
  try {
    if (options === NO_OPTIONS) {
      const value = trees.read(bytes)
      if (value !== NO_DATA) return value as T
    }
    checkNames('loads', options, LOAD_OPTIONS)
    return read(openWhole(bytes, options), options, undefined) as T
  } finally {
    end(isOutermost)
  }
}

/** As `loads`, and imports the ES modules that the bundle refers to. */
export function loadsAsync<T = unknown>(bytes: BundleBytes, options: LoadOptions = {}): Promise<T> {
  return answering(async (resolve) => {
    const bundle = withOriginals(() => {
      checkNames('loadsAsync', options, LOAD_OPTIONS)
      return openWhole(bytes, options)
    })
    const modules = withOriginals(() => new Map<string, object>())
    // What is imported may run code of the user's: it sees the patches.
    await importModules(bundle.references, modules)
    const value = withOriginals(() => read(bundle, options, modules))
    resolve(awaitable(value, options) as T)
  })
}

function openWhole(bytes: BundleBytes, options: LoadOptions): OpenBundle {
  const bundle = openBundle(bytes, options)
  if (bundle.kind !== Kind.Message) return bundle
  throw new UnpicklingError(
    'these bytes are a message of a Pickler, which may refer to those before it: load it with the Unpickler that loaded them',
  )
}
