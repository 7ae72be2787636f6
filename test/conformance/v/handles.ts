// V11 (and what of V4, V7 and V8 is refused): handles, idle ones too, are refused by their names, each in one problem
// with a way out.
import { js, type Table } from '../../support/rows.ts'

export function handles({ row }: Table): void {
  row(
    'V11',
    'handles, running and idle: each refused by the name of its class, in one problem with a remedy',
    {
      source: js`
      const get = (name) => process.getBuiltinModule(name)
      const wasm = () => new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0))
      const idle = (handle) => (handle.unref?.(), handle)
      const closed = (handle) => (handle.on?.('error', () => {}), handle.destroy?.(), handle.close?.(), handle)
      async function build() {
        const net = get('node:net'), fs = get('node:fs'), crypto = get('node:crypto'), stream = get('node:stream')
        const threads = get('node:worker_threads')
        const cleared = setTimeout(() => {}, 1e6)
        clearTimeout(cleared)
        const file = await fs.promises.open(process.execPath)
        await file.close()
        const worker = new threads.Worker('', { eval: true })
        await new Promise((resolve) => worker.on('exit', resolve))
        const child = get('node:child_process').spawn(process.execPath, ['-v'], { stdio: 'ignore' })
        await new Promise((resolve) => child.on('exit', resolve))
        const channel = new MessageChannel()
        channel.port1.close()
        const list = [
          ['Timeout', idle(setTimeout(() => {}, 1e6))], ['Timeout', cleared], ['Timeout', idle(setInterval(() => {}, 1e6))], ['Immediate', idle(setImmediate(() => {}))],
          ['Socket', new net.Socket()], ['Server', net.createServer()], ['Server', get('node:http').createServer()], ['Agent', new (get('node:http').Agent)()],
          ['Socket', closed(get('node:dgram').createSocket('udp4'))],
          ['MessageChannel', channel], ['MessagePort', channel.port2], ['BroadcastChannel', closed(new BroadcastChannel('cornichon'))],
          ['Worker', worker], ['ChildProcess', child], ['FileHandle', file],
          ['Dir', (() => { const dir = fs.opendirSync('/'); dir.closeSync(); return dir })()],
          ['FSWatcher', (() => { const watcher = fs.watch(process.cwd()); watcher.close(); return watcher })()],
          ['Readable', stream.Readable.from(['a'])], ['Writable', new stream.Writable()], ['PassThrough', new stream.PassThrough()], ['ReadStream', closed(fs.createReadStream(process.execPath))],
          ['ReadableStream', new ReadableStream()], ['WritableStream', new WritableStream()], ['TransformStream', new TransformStream()], ['CompressionStream', new CompressionStream('gzip')],
          ['ReadableStreamDefaultReader', new ReadableStream().getReader()], ['Gzip', closed(get('node:zlib').createGzip())],
          ['Hash', crypto.createHash('sha256')], ['Hmac', crypto.createHmac('sha256', 'key')], ['Sign', crypto.createSign('sha256')],
          ['ECDH', crypto.createECDH('prime256v1')], ['Cipheriv', crypto.createCipheriv('aes-128-gcm', Buffer.alloc(16), Buffer.alloc(12))],
          ['Histogram', get('node:perf_hooks').createHistogram()], ['ELDHistogram|IntervalHistogram|EventLoopDelay|Histogram', get('node:perf_hooks').monitorEventLoopDelay()],
          ['PerformanceMark', performance.mark('cornichon')], ['PerformanceMeasure', performance.measure('cornichon')], ['PerformanceObserver', new PerformanceObserver(() => {})],
          ['WebAssembly.Module', wasm()], ['WebAssembly.Instance', new WebAssembly.Instance(wasm())], ['WebAssembly.Memory', new WebAssembly.Memory({ initial: 1 })],
          ['WebAssembly.Table', new WebAssembly.Table({ initial: 1, element: 'anyfunc' })], ['WebAssembly.Global', new WebAssembly.Global({ value: 'i32' }, 4)],
          ['FinalizationRegistry', new FinalizationRegistry(() => {})],
          ['AsyncLocalStorage', new (get('node:async_hooks').AsyncLocalStorage)()], ['AsyncResource', new (get('node:async_hooks').AsyncResource)('cornichon')],
          ['Script', new (get('node:vm').Script)('1')], ['Interface', closed(get('node:readline').createInterface({ input: new stream.PassThrough() }))],
          ['Resolver', new (get('node:dns').Resolver)()], ['Session', new (get('node:inspector').Session)()], ['Channel', get('node:diagnostics_channel').channel('cornichon')],
          ['TracingChannel', get('node:diagnostics_channel').tracingChannel('cornichon')], ['Console', new console.Console(process.stdout)],
          ['SecureContext', get('node:tls').createSecureContext()], ['AsyncHook', get('node:async_hooks').createHook({})],
        ]
        const { DisposableStack, AsyncDisposableStack } = globalThis
        if (DisposableStack) list.push(['DisposableStack', new DisposableStack()], ['AsyncDisposableStack', new AsyncDisposableStack()])
        return { holder: { deep: { timer: list[0][1] } }, list }
      }`,
      modes: ['esm', 'cjs'],
      refused: { message: /Timeout is a timer.*start a timer/i, path: /\.timer$/ },
      check({ list }: any, assert, { cornichon, stage }) {
        if (stage !== 'original') return
        for (const [name, value] of list) {
          const { problems } = cornichon.checkSerializable({ value })
          assert.equal(problems.length, 1, `${name}: ${JSON.stringify(problems)}`)
          assert.match(problems[0].reason, new RegExp(`an? (?:\\w*${name})`), name)
          assert.match(problems[0].path, /-> \.value$/, name)
          assert.ok(problems[0].remedy.length > 20, name)
        }
      },
    },
  )

  row('V11', "a subclass of a handle's class is refused by the name of the class that holds the state", {
    source: js`
      const { Socket } = process.getBuiltinModule('node:net')
      class Link extends Socket {}
      const build = () => { const link = new Link(); return { send: () => link } }`,
    modes: ['esm', 'cjs'],
    refused: { message: /a Socket is a handle/, path: /\.send.*binding link/ },
  })

  row('V4', 'iterators of platform objects and of iterator helpers are refused by name, in one problem', {
    source: js`
      function build() {
        const list = [
          ['ArrayIterator', [1].values()], ['ArrayIterator', new Uint8Array(1).entries()], ['StringIterator', 'a'[Symbol.iterator]()], ['RegExpStringIterator', 'a'.matchAll(/a/g)],
          ['URLSearchParams Iterator', new URLSearchParams('a=b').entries()], ['Headers Iterator', new Headers({ a: 'b' }).keys()],
          ['SegmentIterator', new Intl.Segmenter().segment('a')[Symbol.iterator]()], ['Segments', new Intl.Segmenter().segment('a')],
        ]
        const { Iterator } = globalThis
        if (Iterator) list.push(['IteratorHelper', [1].values().map((x) => x)], ['WrapForValidIterator', Iterator.from({ next() { return { done: true } } })])
        return { list: [list[7], ...list.slice(0, 7), ...list.slice(8)] }
      }`,
    modes: ['esm', 'cjs'],
    addsGlobals: true,
    refused: { message: /Segments.*the segmenter and the text/, path: /\[1\]$/ },
    check({ list }: any, assert, { cornichon, stage }) {
      if (stage !== 'original') return
      for (const [name, value] of list) {
        const { problems } = cornichon.checkSerializable({ value })
        assert.equal(problems.length, 1, `${name}: ${JSON.stringify(problems)}`)
        assert.match(problems[0].reason, new RegExp(`an? ${name}`), name)
      }
    },
  })
}
