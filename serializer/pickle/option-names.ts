// A misspelled option would be none: with `{ lmits }`, everything would be let in. So an unknown one is refused.

const ObjectPrototype = Object.prototype

const DUMP = ['byValue', 'byReference', 'bufferCallback', 'compress', 'sign']
const REDUCTIONS = ['reducerOverride', 'dispatchTable', 'persistentId']
const SESSION = ['memo', 'memoLimit']
const LOAD = ['code', 'modules', 'persistentLoad', 'limits', 'copy', 'verify']

export const DUMP_OPTIONS: ReadonlySet<string> = new Set([...DUMP, ...REDUCTIONS])
export const PICKLER_OPTIONS: ReadonlySet<string> = new Set([...DUMP, ...REDUCTIONS, ...SESSION])
export const LOAD_OPTIONS: ReadonlySet<string> = new Set([...LOAD, 'buffers'])
export const UNPICKLER_OPTIONS: ReadonlySet<string> = new Set(LOAD)
/** Of one message. */
export const DUMP_CALL_OPTIONS: ReadonlySet<string> = new Set(['bufferCallback'])
export const LOAD_CALL_OPTIONS: ReadonlySet<string> = new Set(['buffers'])

/** Throws TypeError if `who` has no option of that name. */
export function checkNames(who: string, options: object, known: ReadonlySet<string>): void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(
      `the options of ${who} are an object, not ${options === null ? 'null' : typeof options}`,
    )
  // What an object inherits counts as given, but not what somebody has put on all objects.
  for (const name in options)
    if (!known.has(name) && !(name in ObjectPrototype))
      throw new TypeError(`${who} has no option ${name}: there are ${[...known].join(', ')}`)
}
