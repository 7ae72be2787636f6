// The two errors of the serializer, and how a path to a value is written.

/** One step of the way from the pickled value to the trouble. */
export type PathSegment =
  | { readonly kind: 'root'; readonly name: string }
  | { readonly kind: 'property'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'key'; readonly name: string }
  | { readonly kind: 'binding'; readonly name: string }
  | { readonly kind: 'slot'; readonly name: string }

/** `outer -> binding config -> .db -> [[Socket]]` */
export function formatPath(segments: readonly PathSegment[]): string {
  return segments.map(formatSegment).join(' -> ')
}

function formatSegment(segment: PathSegment): string {
  switch (segment.kind) {
    case 'root':
      return segment.name
    case 'property':
      return segment.name.startsWith('#') || segment.name.startsWith('[') ? segment.name : `.${segment.name}`
    case 'index':
      return `[${segment.index}]`
    case 'key':
      return `[key ${segment.name}]`
    case 'binding':
      return `binding ${segment.name}`
    case 'slot':
      return `[[${segment.name}]]`
  }
}

export interface PicklingProblem {
  /** What is wrong, without the path. */
  readonly reason: string
  /** Where: `outer -> binding config -> .db`. */
  readonly path: string
  /** `file:line` of the function that holds it, when known. */
  readonly location?: string
  /** What the user can do. */
  readonly remedy: string
}

/** A value can't be pickled. `.path` says where it is, `.remedy` what to do. */
export class PicklingError extends Error {
  override readonly name = 'PicklingError'
  readonly path: string
  readonly reason: string
  readonly location: string | undefined
  readonly remedy: string

  constructor(problem: PicklingProblem, options?: ErrorOptions) {
    const place = problem.location ? ` (${problem.location})` : ''
    super(`${problem.path}${place}: ${problem.reason}. ${problem.remedy}`, options)
    this.path = problem.path
    this.reason = problem.reason
    this.location = problem.location
    this.remedy = problem.remedy
  }
}

/** Bytes can't be loaded. `.path` says where in the graph, when that is known. */
export class UnpicklingError extends Error {
  override readonly name = 'UnpicklingError'
  readonly path: string | undefined

  constructor(message: string, options?: ErrorOptions & { path?: string }) {
    super(message, options)
    this.path = options?.path
  }
}

/** For bytes that no writer writes. */
export function damaged(what: string): UnpicklingError {
  return new UnpicklingError(`the bundle is damaged: ${what}`)
}
