// Spans of OpenTelemetry, where a program has registered an SDK: one for each call where it is made, and one where it
// runs, in the trace of the first. Without an SDK this costs a look at one symbol.

import { createRequire } from 'node:module'
import { join } from 'node:path'
import type * as OpenTelemetry from '@opentelemetry/api'
import { textOf } from '../runtime-env/message.ts'
import { Error, Object, Promise, process } from '../serializer/globals.ts'
import { isThenable } from '../serializer/promises.ts'
import { VERSION } from '../serializer/version.ts'

/** What a call takes along: headers such as W3C's `traceparent`, as the propagator of the program writes them. */
export type TraceCarrier = Readonly<Record<string, string>>

type Api = typeof OpenTelemetry

/** Code of the user's may put another object in its place. */
const globals = globalThis

/** Where all copies of the API package (major version 1) keep what is registered. */
const REGISTERED = Symbol.for('opentelemetry.js.api.1')

let found: Api | null | undefined

/** The program's own copy, or the one beside cornichon. */
function apiHere(): Api | null {
  if (!(REGISTERED in globals)) return null
  if (found === undefined) {
    found = null
    for (const start of [join(process.cwd(), 'noop.js'), import.meta.url]) {
      try {
        found = createRequire(start)('@opentelemetry/api') as Api
        break
      } catch {
        // Not from there.
      }
    }
  }
  return found
}

function tracerOf(api: Api): OpenTelemetry.Tracer {
  return api.trace.getTracer('cornichon', VERSION)
}

/** Records that a call was made. Null where nobody traces. */
export function traceCall(id: string, name: string): TraceCarrier | null {
  const api = apiHere()
  if (api === null) return null
  const span = tracerOf(api).startSpan(`submit ${name}`, {
    kind: api.SpanKind.PRODUCER,
    attributes: { 'cornichon.call.id': id, 'cornichon.call.name': name },
  })
  const carrier: Record<string, string> = {}
  api.propagation.inject(api.trace.setSpan(api.context.active(), span), carrier)
  span.end()
  return Object.keys(carrier).length > 0 ? carrier : null
}

export interface Run {
  readonly id: string
  readonly name: string
  readonly attempt: number
  readonly worker: string
}

/** Does the work of a call within a span that lasts until what it returns has settled. */
export function traceRun<T>(carrier: TraceCarrier | null, run: Run, work: () => T): T {
  const api = carrier === null ? null : apiHere()
  if (api === null) return work()
  const caller = api.propagation.extract(api.context.active(), carrier)
  const span = tracerOf(api).startSpan(
    `run ${run.name}`,
    {
      kind: api.SpanKind.CONSUMER,
      attributes: {
        'cornichon.call.id': run.id,
        'cornichon.call.name': run.name,
        'cornichon.call.attempt': run.attempt,
        'cornichon.worker': run.worker,
      },
    },
    caller,
  )
  const failed = (error: unknown) => {
    if (error instanceof Error) span.recordException(error)
    span.setStatus({ code: api.SpanStatusCode.ERROR, message: textOf(error) })
    span.end()
  }
  let result: T
  try {
    result = api.context.with(api.trace.setSpan(caller, span), work)
    if (isThenable(result)) void Promise.resolve(result).then(() => span.end(), failed)
    else span.end()
  } catch (error) {
    failed(error)
    throw error
  }
  return result
}
