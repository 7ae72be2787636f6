// Paths for errors. The ordinary walk keeps none; when it meets a value that can't be pickled, the walk is done
// again with a Trace, which notes for every object how it was reached. (Capture runs no user code: the second walk meets
// what the first did, but that reducers of the user are asked again.)
import { formatPath, type PathSegment, PicklingError, type PicklingProblem } from '../errors.ts'

/** Thrown within the walk, where the path is not known. */
export class Refusal extends Error {
  readonly remedy: string
  /** Where it is about something else than what the walk is at. */
  readonly at: object | null
  constructor(reason: string, remedy: string, options?: ErrorOptions & { readonly at?: object }) {
    super(reason, options)
    this.remedy = remedy
    this.at = options?.at ?? null
  }
}

interface Origin {
  readonly parent: object | null
  readonly segment: PathSegment
}

export class Trace {
  /** Go on after a problem, to find them all. */
  readonly collects: boolean
  readonly problems: PicklingProblem[] = []
  readonly #origins = new Map<object, Origin>()
  readonly #locations = new Map<object, string>()
  #current: object | null = null
  #segment: PathSegment
  readonly #root: PathSegment

  constructor(root: string, collects: boolean) {
    this.#root = { kind: 'root', name: root }
    this.#segment = this.#root
    this.collects = collects
  }

  /** The walk begins again. */
  restart(): void {
    this.problems.length = 0
    this.#origins.clear()
    this.#current = null
    this.#segment = this.#root
  }

  step(kind: PathSegment['kind'], name: string | number): void {
    this.#segment = kind === 'index' ? { kind, index: Number(name) } : { kind, name: String(name) }
  }

  enter(object: object): void {
    this.#current = object
  }

  /** An object is met for the first time. Returns what `end` needs. */
  begin(object: object): object | null {
    const before = this.#current
    // The first way to it is kept: a second one may lead through itself.
    if (!this.#origins.has(object)) this.#origins.set(object, { parent: before, segment: this.#segment })
    this.#current = object
    return before
  }

  end(before: object | null): void {
    this.#current = before
  }

  /** `file:line` of a function, for values below it. */
  locate(fn: object, location: string | undefined): void {
    if (location) this.#locations.set(fn, location)
  }

  collect(refusal: Refusal): void {
    this.problems.push(this.#problem(refusal))
  }

  error(refusal: Refusal): PicklingError {
    return new PicklingError(
      this.#problem(refusal),
      refusal.cause === undefined ? undefined : { cause: refusal.cause },
    )
  }

  #problem(refusal: Refusal): PicklingProblem {
    const segments: PathSegment[] = []
    let location: string | undefined
    for (let at = refusal.at ?? this.#current; at !== null; ) {
      location ??= this.#locations.get(at)
      const origin = this.#origins.get(at)
      if (!origin) break
      segments.push(origin.segment)
      at = origin.parent
    }
    return { reason: refusal.message, path: formatPath(segments.reverse()), location, remedy: refusal.remedy }
  }
}
