// What the writers of functions share: the graph that they write to, and what is known of its functions by now.
import type { FunctionFacts } from '../../analyze/index.ts'
import type { FunctionRecord } from '../../codegen/records.ts'
import { type FunctionSite, siteOf } from '../function-site.ts'
import type { GraphWriter } from '../graph-writer.ts'
import { captureList, captureNearby } from '../nearby.ts'
import { Origins } from '../origins.ts'
import { writeBindingValues } from './bindings.ts'
import { writeProperties } from './properties.ts'

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
  /** The `arguments` objects of the graph. */
  readonly argumentsObjects: object[] = []
  readonly #sites = new Map<object, FunctionSite>()
  /** Methods of literals that are rebuilt whole. */
  readonly #ofLiterals = new Map<object, FunctionRecord>()

  constructor(graph: GraphWriter) {
    this.graph = graph
  }

  readonly siteOf = (fn: object): FunctionSite => {
    let site = this.#sites.get(fn)
    if (!site) this.#sites.set(fn, (site = siteOf(fn)))
    return site
  }

  /** Content of a function that was written, which is made of its record. (One closure for all of them.) */
  readonly content = (fn: object): void => {
    const record = this.recordOf(fn)!
    this.graph.writingVariables(fn, () => writeBindingValues(this.graph, record))
    writeProperties(this.graph, fn, record.facts)
  }

  /** Captures what the function is going to need. */
  prepare({ facts, site }: LiveFunction): void {
    for (const [fn, captured] of captureNearby(site, facts, (each) => this.#sites.has(each)))
      this.#sites.set(fn, siteOf(fn, captured))
  }

  /** The same for a list that is written, from a place on; returns up to where. */
  prepareList(list: readonly unknown[], from: number): number {
    const { captured, end } = captureList(list, from, (each) => this.#sites.has(each))
    for (const [fn, known] of captured) this.#sites.set(fn, siteOf(fn, known))
    return end
  }

  recordOf(fn: object): FunctionRecord | undefined {
    return this.#sites.get(fn)?.record ?? this.#ofLiterals.get(fn)
  }

  /** Reserves a record's number, so that records written on the way get later ones. */
  reserve(): number {
    const index = this.records.length
    this.records.push(undefined as unknown as FunctionRecord)
    return index
  }

  add(record: FunctionRecord): void {
    this.records[record.index] = record
    if (record.literal) for (const part of record.literal) this.#ofLiterals.set(part.fn, record)
    else this.siteOf(record.fn).record = record
  }
}
