// What the writers of functions share: the graph that they write to, and what is known of its functions by now.
import type { FunctionFacts } from '../../analyze/index.ts'
import type { FunctionRecord } from '../../codegen/records.ts'
import { type FunctionSite, siteOf } from '../function-site.ts'
import type { GraphWriter } from '../graph-writer.ts'
import { captureNearby } from '../nearby.ts'
import { Origins } from '../origins.ts'

/** A function of the user's, as far as it is known before its variables are. */
export interface LiveFunction {
  readonly fn: object
  readonly text: string
  readonly facts: FunctionFacts
  readonly site: FunctionSite
}

export class FunctionContext {
  readonly graph: GraphWriter
  readonly records: FunctionRecord[] = []
  readonly origins = new Origins()
  readonly #byFunction = new Map<object, FunctionRecord>()
  readonly #sites = new Map<object, FunctionSite>()

  constructor(graph: GraphWriter) {
    this.graph = graph
  }

  readonly siteOf = (fn: object): FunctionSite => {
    let site = this.#sites.get(fn)
    if (!site) this.#sites.set(fn, (site = siteOf(fn)))
    return site
  }

  /** Captures what the function is going to need. */
  prepare({ facts, site }: LiveFunction): void {
    for (const [fn, captured] of captureNearby(site, facts, (each) => this.#sites.has(each)))
      this.#sites.set(fn, siteOf(fn, captured))
  }

  recordOf(fn: object): FunctionRecord | undefined {
    return this.#byFunction.get(fn)
  }

  /** Reserves a record's number, so that records written on the way get later ones. */
  reserve(): number {
    const index = this.records.length
    this.records.push(undefined as unknown as FunctionRecord)
    return index
  }

  add(record: FunctionRecord): void {
    this.records[record.index] = record
    this.#byFunction.set(record.fn, record)
    if (record.literal) for (const part of record.literal) this.#byFunction.set(part.fn, record)
  }
}
