// With an OpenTelemetry SDK, calls and what they start are one trace, across threads.
import { appendFileSync, readFileSync } from 'node:fs'
import { context, propagation, SpanStatusCode, trace } from '@opentelemetry/api'
import { NodeTracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace-node'
import { get, init, remote, runOnAllWorkers, shutdown } from 'cornichon/executor'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createWorkspace } from '../support/workspace.ts'

interface Seen {
  readonly name: string
  readonly id: string
  readonly parent: string | undefined
  readonly trace: string
  readonly status: SpanStatusCode
  readonly events: readonly string[]
  readonly attributes: Readonly<Record<string, unknown>>
}

const workspace = createWorkspace()
afterAll(() => workspace.remove())
const file = workspace.path('spans')

/** As a program's own set-up does: here, all threads write to one file. */
function register(): void {
  const onEnd = (span: ReadableSpan) => {
    const seen: Seen = {
      name: span.name,
      id: span.spanContext().spanId,
      parent: span.parentSpanContext?.spanId,
      trace: span.spanContext().traceId,
      status: span.status.code,
      events: span.events.map(({ name }) => name),
      attributes: span.attributes,
    }
    appendFileSync(file, `${JSON.stringify(seen)}\n`)
  }
  const nothing = async () => {}
  new NodeTracerProvider({
    spanProcessors: [{ onStart() {}, onEnd, forceFlush: nothing, shutdown: nothing }],
  }).register()
}

async function spanNamed(name: string): Promise<Seen> {
  const find = () =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Seen)
      .find((span) => span.name === name)
  // A task's result may be here before its span has ended.
  await expect.poll(find, { timeout: 10_000 }).toBeDefined()
  return find()!
}

const shared = globalThis as { isTracedAlready?: true }

describe('spans', () => {
  beforeEach(async () => {
    workspace.write({ spans: '' })
    register()
    // runOnAllWorkers tries it here, too.
    shared.isTracedAlready = true
    await init({ numCpus: 1, logToDriver: false })
  })
  afterEach(async () => {
    await shutdown()
    trace.disable()
    context.disable()
    propagation.disable()
  })
  const traceWorkers = () =>
    runOnAllWorkers(() => {
      if (!shared.isTracedAlready) register()
    })

  it('a call and its run are parent and child, in the trace of the code that calls', async () => {
    await traceWorkers()
    const double = remote((n: number) => n * 2, { name: 'double' })
    const outer = await trace.getTracer('test').startActiveSpan('outer', async (span) => {
      expect(await get(double.remote(4))).toBe(8)
      span.end()
      return span.spanContext()
    })
    const submit = await spanNamed('submit double')
    const run = await spanNamed('run double')
    expect([submit.trace, submit.parent]).toEqual([outer.traceId, outer.spanId])
    expect([run.trace, run.parent]).toEqual([outer.traceId, submit.id])
    expect(run.attributes['cornichon.call.id']).toBe(submit.attributes['cornichon.call.id'])
    expect(run.attributes['cornichon.worker']).toMatch(/thread/)
  })

  it('tasks of tasks are in the trace of the first, actors and their methods in that of their caller', async () => {
    await traceWorkers()
    const inner = remote((n: number) => n + 1, { name: 'inner' })
    const outer = remote(async () => get(inner.remote(1)), { name: 'outer' })
    class Counter {
      add(by: number): number {
        return by
      }
    }
    expect(await get(outer.remote())).toBe(2)
    const counter = remote(Counter).remote()
    expect(await get(counter.add.remote(3))).toBe(3)
    const first = await spanNamed('submit outer')
    expect((await spanNamed('run outer')).parent).toBe(first.id)
    expect((await spanNamed('submit inner')).parent).toBe((await spanNamed('run outer')).id)
    expect((await spanNamed('run inner')).parent).toBe((await spanNamed('submit inner')).id)
    expect((await spanNamed('run inner')).trace).toBe(first.trace)
    for (const name of ['Counter.constructor', 'Counter.add'])
      expect((await spanNamed(`run ${name}`)).parent).toBe((await spanNamed(`submit ${name}`)).id)
  })

  it('a task that throws, at once or later, has a span that says so', async () => {
    await traceWorkers()
    const sync = remote(
      () => {
        throw new RangeError('too far')
      },
      { name: 'sync' },
    )
    const later = remote(async () => Promise.reject(new TypeError('too late')), { name: 'later' })
    await expect(get(sync.remote())).rejects.toThrow('too far')
    await expect(get(later.remote())).rejects.toThrow('too late')
    for (const name of ['run sync', 'run later'])
      expect(await spanNamed(name)).toMatchObject({ status: SpanStatusCode.ERROR, events: ['exception'] })
  })

  it('workers that nobody traces run what is traced here', async () => {
    const double = remote((n: number) => n * 2, { name: 'double' })
    expect(await get(double.remote(4))).toBe(8)
    expect((await spanNamed('submit double')).parent).toBeUndefined()
  })
})
