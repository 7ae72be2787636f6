// Another debugger at work in the same thread is not disturbed: it keeps its breakpoints and its state, and is not
// paused by ours. One exception is V8's: a breakpoint of its own at the very begin of a function that is probed.
import { describe, expect, test } from 'vitest'
import { runProgram } from './support.ts'

const setUp = `import inspector from 'node:inspector'
  const other = new inspector.Session()
  other.connect()
  const ask = (method, params) => { let answer; other.post(method, params, (error, result) => { answer = error ?? result }); return answer }
  const pauses = []
  other.on('Debugger.paused', ({ params }) => { pauses.push([params.reason, params.hitBreakpoints?.length ?? 0]) })
  ask('Debugger.enable')
  const idOf = (value) => { globalThis.handed = value; const { result } = ask('Runtime.evaluate', { expression: 'handed' }); delete globalThis.handed; return result.objectId }
  let n = 1, ran = 0
  const fn = () => { ran++; return n++ }
  const target = () => { ran += 100 }
  const work = () => {
    capture.captureFunction(fn)
    capture.probeVariables(fn, factsOf(fn), ['n', 'ran'])
    capture.probe(fn, factsOf(fn), 'n')
    const copies = loads(dumps([fn, () => n, { a: 1 }]))
    const { scriptId } = capture.captureFunction(fn)
    const found = capture.functionsOf(scriptId, (each) => String(each).startsWith('() => { ran'))
    return [copies.length, found.length]
  }
`

describe('an attached debugger', () => {
  test('gets no pause from ours', () => {
    expect(runProgram(`${setUp} work(); report([pauses, ran, n])`)).toEqual([[], 0, 1])
  })

  test('gets no pause while it pauses at uncaught exceptions', () => {
    const program = `${setUp} ask('Debugger.setPauseOnExceptions', { state: 'uncaught' }); work(); report(pauses)`
    expect(runProgram(program)).toEqual([])
  })

  test('gets no pause from a probe while it pauses at every exception, dead zones and constants included', () => {
    const program = `${setUp}
      const early = () => [late, constant]
      const facts = factsOf(early)
      const constant = 1
      ask('Debugger.setPauseOnExceptions', { state: 'all' })
      capture.probe(early, facts, '[() => late, () => constant]', ([late]) => { try { late() } catch {} })
      ask('Debugger.setPauseOnExceptions', { state: 'none' })
      report([pauses, capture.probeVariables(early, facts, ['late', 'constant']).get('late').kind])
      const late = 2`
    expect(runProgram(program)).toEqual([[], 'dead'])
  })

  test('keeps its breakpoints, before and after, and its domain enabled', () => {
    const program = `${setUp}
      const { breakpointId } = ask('Debugger.setBreakpointOnFunctionCall', { objectId: idOf(target) })
      target()
      work()
      target()
      debugger
      const removed = ask('Debugger.removeBreakpoint', { breakpointId })
      target()
      report([pauses, ran, removed instanceof Error, ask('Debugger.setBreakpointsActive', { active: true }) instanceof Error])`
    expect(runProgram(program)).toEqual([
      [
        ['other', 1],
        ['other', 1],
        ['other', 0],
      ],
      300,
      false,
      false,
    ])
  })

  test('with breakpoints of its own elsewhere in the function that is probed meets them when the function runs', () => {
    const program = `${setUp}
      const long = () => {
        ran++
        n++
      }
      const { scriptId, line } = capture.captureFunction(long)
      const set = ask('Debugger.setBreakpoint', { location: { scriptId, lineNumber: line + 2 } })
      capture.probe(long, factsOf(long), 'n')
      const before = pauses.length
      long()
      report([before, pauses, ran, set.actualLocation?.lineNumber === line + 2])`
    expect(runProgram(program)).toEqual([0, [['other', 1]], 1, true])
  })

  test('with a breakpoint at the begin of the function that is probed: the body does not run for all that', () => {
    const program = `${setUp}
      ask('Debugger.setBreakpointOnFunctionCall', { objectId: idOf(fn) })
      const seen = capture.probe(fn, factsOf(fn), 'n')
      const before = ran
      fn()
      report([seen, before, ran, pauses.length > 0])`
    expect(runProgram(program)).toEqual([1, 0, 1, true])
  })

  test('may itself capture while it has paused the thread', () => {
    const program = `${setUp}
      const found = []
      other.on('Debugger.paused', () => {
        found.push(capture.captureFunction(fn).scopes.length > 0, loads(dumps({ a: [1] })).a[0])
        try { capture.probe(fn, factsOf(fn), 'n') } catch (error) { found.push(error.name) }
      })
      debugger
      report([found, ran, capture.probe(fn, factsOf(fn), 'n'), fn()])`
    expect(runProgram(program)).toEqual([[true, 1, 'ProbeError'], 0, 1, 1])
  })

  test('is left attached, and one that goes leaves ours working', () => {
    const program = `${setUp}
      work()
      const alive = ask('Runtime.evaluate', { expression: '1 + 1' }).result.value
      other.disconnect()
      report([alive, work()])`
    expect(runProgram(program)).toEqual([2, [3, 2]])
  })

  test('from outside the process, over a WebSocket, is not disturbed either', () => {
    const program = `import inspector from 'node:inspector'
      import { Worker } from 'node:worker_threads'
      const { WebSocket } = globalThis
      if (!WebSocket) report('no WebSocket')
      else {
        // The client is in a worker: this thread must not wait for itself.
        const worker = new Worker(\`
          const { parentPort, workerData } = require('node:worker_threads')
          const socket = new WebSocket(workerData)
          let id = 0, pauses = 0
          const send = (method, params) => socket.send(JSON.stringify({ id: ++id, method, params }))
          socket.onopen = () => { send('Runtime.enable'); send('Debugger.enable'); send('Debugger.setPauseOnExceptions', { state: 'uncaught' }) }
          socket.onmessage = ({ data }) => {
            const message = JSON.parse(data)
            if (message.id === 3) parentPort.postMessage('ready')
            if (message.method === 'Debugger.paused') { pauses++; send('Debugger.resume') }
          }
          parentPort.on('message', () => { parentPort.postMessage(pauses); socket.close(); parentPort.close() })
        \`, { eval: true, workerData: inspector.url() })
        const next = () => new Promise((resolve) => worker.once('message', resolve))
        await next()
        let n = 1, ran = 0
        const fn = () => { ran++; return n++ }
        capture.probeVariables(fn, factsOf(fn), ['n'])
        const copies = loads(dumps([fn, () => n]))
        debugger
        const pauses = next()
        worker.postMessage('how many?')
        report([copies[0](), copies[1](), ran, await pauses])
      }`
    expect([[1, 2, 0, 1], 'no WebSocket']).toContainEqual(
      runProgram(program, { nodeArguments: ['--inspect=127.0.0.1:0'] }),
    )
  })
})
