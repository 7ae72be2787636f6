// What a row of a conformance table is: how to build a value, and what must hold for it in the process that built
// it and for its copy in a process without the source.
import { isTooNew } from './paths.ts'

/**
 * How the row's code gets into the process that dumps it: as an ES module, as CommonJS (sloppy unless it says
 * otherwise), as TypeScript under tsx, or as it stands in the test file, inside vitest's worker.
 */
export type Mode = 'esm' | 'cjs' | 'tsx' | 'vitest'
export const allModes: readonly Mode[] = ['esm', 'cjs', 'tsx', 'vitest']
/** Those that have a module of their own. */
export const moduleModes = ['esm', 'cjs', 'tsx'] as const satisfies readonly Mode[]

/** What rows use of node:assert/strict, without the assertion signatures that would need annotations everywhere. */
export interface Assert {
  ok(value: unknown, message?: string): void
  equal(actual: unknown, expected: unknown, message?: string): void
  notEqual(actual: unknown, expected: unknown, message?: string): void
  deepEqual(actual: unknown, expected: unknown, message?: string): void
  notDeepEqual(actual: unknown, expected: unknown, message?: string): void
  match(text: string, pattern: RegExp, message?: string): void
  doesNotMatch(text: string, pattern: RegExp, message?: string): void
  throws(work: () => unknown, expected?: object, message?: string): void
  doesNotThrow(work: () => unknown, message?: string): void
  rejects(
    work: Promise<unknown> | (() => Promise<unknown>),
    expected?: object,
    message?: string,
  ): Promise<void>
  fail(message?: string): never
}

export interface CheckContext {
  readonly mode: Mode
  /** The value that was built, the same after it was dumped, its copy, or the copy's copy. */
  readonly stage: 'original' | 'undisturbed' | 'loaded' | 'again'
  /** Where the row's packages are installed: the folder of its module, or the working directory that loads it. */
  readonly folder: string
  /** `require` from that folder. */
  readonly require: NodeJS.Require
  /** `import()` from that folder. */
  import(specifier: string): Promise<any>
  /** The serializer's public API. */
  readonly cornichon: any
}

export type Check<T> = (value: T, assert: Assert, context: CheckContext) => unknown
export type Options = (context: Omit<CheckContext, 'stage'>) => object

export interface Refusal {
  /** What the message must say; it also has to hold the path. */
  readonly message?: RegExp
  /** What `.path` must say. */
  readonly path?: RegExp
}

export interface RowOptions<T> {
  /**
   * Makes the value. Its text is moved into a module, so it may use nothing of the test file around it (except in
   * a row for vitest alone). It is called at least twice: what a check changes is never dumped.
   */
  readonly build?: () => T | Promise<T>
  /** Instead of `build`: the module's text, which must define `build`; one for all modes, or one for each. */
  readonly source?: string | Partial<Record<Mode, string>>
  /** Files beside the module; they are gone when the bundle is loaded. */
  readonly files?: Record<string, string>
  /** Files under node_modules, at both sides. */
  readonly packages?: Record<string, string>
  /** Files under node_modules, gone when the bundle is loaded. */
  readonly packagesOfSender?: Record<string, string>
  /** Packages of this checkout that are installed at both sides. */
  readonly installed?: readonly string[]
  readonly modes?: readonly Mode[]
  /** The first Node that has what the row is about. */
  readonly node?: number
  /** Like the functions above, these use nothing of the file around them. */
  readonly check?: Check<T>
  readonly dump?: Options
  readonly load?: Options
  /** Looks at the bundle's bytes. */
  readonly bundle?: (
    bytes: Buffer,
    assert: Assert,
    context: Omit<CheckContext, 'stage'>,
  ) => void | Promise<void>
  /** `dumps` must throw a PicklingError that says this. */
  readonly refused?: Refusal
  /** Both are fine: the row holds, or is refused as said above. */
  readonly either?: boolean
  /** `loads` must throw an UnpicklingError that says this. */
  readonly refusedByLoads?: RegExp
  /** Loads with `loadsAsync`. */
  readonly async?: boolean
  /** Why the bytes may differ from dump to dump, or may hold a path of this machine. */
  readonly bytesVary?: string
  readonly showsPaths?: string
  /** Why the copy of the copy is not looked at. */
  readonly once?: string
  /** Adds global names when loaded or called, which is what the row is about. */
  readonly addsGlobals?: boolean
  /** Dumping it takes a snapshot of the heap, a second of work: it runs in every other of its modes, by turns, and is dumped twice in the first of them. */
  readonly takesSnapshot?: boolean
  /** For the whole row in one process; default 20 s. */
  readonly timeout?: number
}

export interface Row<T = any> extends RowOptions<T> {
  /** The goal's number, `C5`. */
  readonly goal: string
  readonly title: string
  /** Unique, and fit for a folder's name: `C5-3`. */
  readonly key: string
  /** 0 and 1, by turns. */
  readonly turn: number
}

/** A table to which files of rows add theirs. */
export class Table {
  readonly name: string
  readonly rows: Row[] = []
  readonly #counts = new Map<string, number>()

  constructor(name: string) {
    this.name = name
  }

  readonly row = <T>(goal: string, title: string, options: RowOptions<T>): void => {
    if (isTooNew(options.node)) return
    const count = (this.#counts.get(goal) ?? 0) + 1
    this.#counts.set(goal, count)
    this.rows.push({ ...options, goal, title, key: `${goal}-${count}`, turn: this.rows.length % 2 })
  }
}

/** The modes that a row runs in. */
export function modesOf(row: Row): readonly Mode[] {
  return row.takesSnapshot ? everyOther(possibleModes(row), row) : possibleModes(row)
}

function possibleModes({ modes, source }: Row): readonly Mode[] {
  if (modes) return modes
  if (source === undefined) return allModes
  return typeof source === 'string' ? moduleModes : moduleModes.filter((mode) => source[mode] !== undefined)
}

function everyOther(modes: readonly Mode[], { turn }: Row): readonly Mode[] {
  return modes.length === 1 ? modes : modes.filter((_, i) => i % 2 === turn)
}

/**
 * The modes of a row whose copies are pickled once more where they were loaded: every other one, by turns, for what a receiver
 * has hardly differs between them.
 */
export function againModesOf(row: Row): readonly Mode[] {
  if (row.refusedByLoads || row.once || (row.refused && !row.either)) return []
  return everyOther(modesOf(row), row)
}

/** Source text as it stands: backslashes are kept, but those before a backtick or a dollar sign go. */
export function js(strings: TemplateStringsArray, ...values: unknown[]): string {
  return String.raw(strings, ...values).replace(/\\([`$])/g, '$1')
}
