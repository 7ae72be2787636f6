// V6, V7 and V11: objects of Node's and of the web platform whose state can travel.
import { js, type Table } from '../../support/rows.ts'

export function platform({ row }: Table): void {
  row('V6', "errors with Node's codes print, inherit and are known as Node's", {
    source: js`
      const grab = (work) => { try { work() } catch (error) { return error } }
      const get = (name) => process.getBuiltinModule(name)
      async function build() {
        const controller = new AbortController()
        const waiting = get('node:timers/promises').setTimeout(1e6, 1, { signal: controller.signal })
        controller.abort()
        const errors = [
          grab(() => get('node:fs').readFileSync(5.5)), grab(() => Buffer.alloc(-1)), grab(() => new URL('none')), grab(() => new TextDecoder('none')),
          grab(() => get('node:fs').rmSync(process.cwd())), grab(() => get('node:os').setPriority(2 ** 30, 1)), grab(() => get('node:assert').equal(1, 2)),
          grab(() => get('node:util').promisify(1)), await waiting.catch((error) => error),
        ]
        errors[0].extra = { own: errors[0] }
        const state = (e) => JSON.stringify([String(e), e.name, e.code, e.message, e.stack, e instanceof TypeError, e instanceof RangeError, e.info, e.errno, e.syscall, e.actual])
        return { errors, states: errors.map(state), state }
      }`,
    modes: ['esm', 'cjs'],
    showsPaths: 'an error keeps its stack',
    check({ errors, states, state }: any, assert) {
      assert.deepEqual(
        errors.map((error: any) => error.code),
        [
          ...['ERR_INVALID_ARG_TYPE', 'ERR_OUT_OF_RANGE', 'ERR_INVALID_URL', 'ERR_ENCODING_NOT_SUPPORTED'],
          ...['ERR_FS_EISDIR', 'ERR_SYSTEM_ERROR', 'ERR_ASSERTION', 'ERR_INVALID_ARG_TYPE', 'ABORT_ERR'],
        ],
      )
      errors.forEach((error: any, i: number) => assert.equal(state(error), states[i]))
      assert.equal(errors[0].extra.own, errors[0])
      assert.ok(errors[0] instanceof TypeError && errors[1] instanceof RangeError)
      const { AssertionError } = process.getBuiltinModule('node:assert')
      assert.ok(errors[6] instanceof AssertionError)
    },
  })

  row('V6', 'DOMException: every slot, its cause and own properties; SuppressedError where there is one', {
    build() {
      const dom: any = new DOMException('gone', { name: 'DataCloneError', cause: { why: 1 } })
      dom.note = 'own'
      const { SuppressedError: Suppressed, QuotaExceededError: Quota } = globalThis as any
      const suppressed = Suppressed && new Suppressed(new TypeError('one'), 'two', 'both')
      const quota = Quota && new Quota('full', { quota: 5, requested: 7 })
      return { dom, suppressed, quota, odd: new DOMException('odd', 'NoSuchName') }
    },
    showsPaths: 'an error keeps its stack',
    check({ dom, suppressed, quota, odd }, assert) {
      assert.ok(dom instanceof DOMException)
      assert.deepEqual([dom.name, dom.message, dom.code, dom.note], ['DataCloneError', 'gone', 25, 'own'])
      assert.deepEqual(dom.cause, { why: 1 })
      assert.match(dom.stack, /gone/)
      assert.deepEqual([odd.name, odd.code], ['NoSuchName', 0])
      if (suppressed) {
        assert.ok(suppressed instanceof (globalThis as any).SuppressedError)
        assert.deepEqual(
          [suppressed.error.message, suppressed.suppressed, suppressed.message],
          ['one', 'two', 'both'],
        )
      }
      if (quota) {
        assert.ok(quota instanceof (globalThis as any).QuotaExceededError)
        assert.deepEqual([quota.quota, quota.requested, quota.name], [5, 7, 'QuotaExceededError'])
      }
    },
  })

  row('V7', 'Headers and FormData: order, repeated names, files, one file in two places', {
    build() {
      const headers: any = new Headers([
        ['X-Two', '1'],
        ['x-two', '2'],
        ['Set-Cookie', 'a=1'],
        ['set-cookie', 'b=2'],
      ])
      headers.note = 'own'
      const form: any = new FormData()
      const file = new (globalThis as any).File(['text'], 'name.txt', { type: 'text/plain', lastModified: 5 })
      form.append('a', 'first')
      form.append('file', file)
      form.append('a', 'second')
      return { headers, form, file, get: () => form.get('file') }
    },
    addsGlobals: true,
    check({ headers, form, file, get }, assert) {
      assert.ok(headers instanceof Headers && form instanceof FormData)
      assert.deepEqual(
        [...headers],
        [
          ['set-cookie', 'a=1'],
          ['set-cookie', 'b=2'],
          ['x-two', '1, 2'],
        ],
      )
      assert.equal(headers.note, 'own')
      assert.deepEqual(form.getAll('a'), ['first', 'second'])
      assert.deepEqual([...form.keys()], ['a', 'file', 'a'])
      assert.equal(get().name, 'name.txt')
      assert.equal(file.lastModified, 5)
      headers.append('more', '1')
      assert.equal(headers.get('more'), '1')
    },
  })

  row('V7', 'Blob and File in memory: bytes, type, name; slices and blobs of blobs', {
    build() {
      const blob = new Blob(['hello ', new Uint8Array([0, 255]), new Blob(['inner'])], { type: 'text/x' })
      const file = new (globalThis as any).File([blob, 'x'.repeat(100_000)], 'näme', { lastModified: 7 })
      return { blob, slice: blob.slice(2, 9, 'a/b'), empty: new Blob([]), file, get: () => blob }
    },
    async check({ blob, slice, empty, file, get }, assert) {
      const hex = async (each: Blob) => Buffer.from(await each.arrayBuffer()).toString('latin1')
      assert.equal(get(), blob)
      assert.deepEqual([blob.type, blob.size, await hex(blob)], ['text/x', 13, 'hello \u0000\u00ffinner'])
      assert.deepEqual([slice.type, await hex(slice)], ['a/b', 'llo \u0000\u00ffi'])
      assert.equal(empty.size, 0)
      assert.ok(file instanceof Blob)
      assert.deepEqual([file.name, file.lastModified, file.size], ['näme', 7, 100_013])
      assert.equal(blob.constructor, Blob)
    },
  })

  row('V7', 'a Blob of a file on disk is refused by name', {
    build: async () => {
      const blob = await process.getBuiltinModule('node:fs').openAsBlob(process.execPath)
      return { upload: () => blob }
    },
    modes: ['esm', 'cjs'],
    refused: { message: /Blob are not in memory.*arrayBuffer/, path: /\.upload.*binding blob/ },
  })

  row(
    'V7',
    'AbortController and AbortSignal: aborted with its reason, or not yet; a signal stays its controller’s',
    {
      build() {
        const reason = { why: 'done' }
        const [pending, aborted, bare] = [new AbortController(), new AbortController(), new AbortController()]
        aborted.abort(reason)
        bare.abort()
        return {
          signal: pending.signal,
          pending,
          aborted: aborted.signal,
          reason,
          bare,
          alone: new AbortController().signal,
          stop: () => pending.abort('stopped'),
        }
      },
      showsPaths: 'an error keeps its stack',
      check({ signal, pending, aborted, reason, bare, alone, stop }, assert, { stage }) {
        assert.ok(signal instanceof AbortSignal && pending instanceof AbortController)
        assert.equal(pending.signal, signal)
        assert.equal(aborted.aborted, true)
        assert.equal(aborted.reason, reason)
        assert.equal(bare.signal.reason.name, 'AbortError')
        assert.equal(alone.aborted, false)
        assert.throws(() => aborted.throwIfAborted(), reason)
        if (stage === 'undisturbed') return
        assert.equal(signal.aborted, false)
        let heard: unknown
        signal.addEventListener('abort', () => (heard = signal.reason))
        stop()
        assert.equal(heard, 'stopped')
        assert.equal(signal.aborted, true)
      },
    },
  )

  row(
    'V7',
    'signals with a timeout, signals of signals, targets with listeners, dispatched events: refused by name',
    {
      build() {
        const target = new EventTarget()
        target.addEventListener('x', () => {})
        const signal = new AbortController().signal
        signal.addEventListener('abort', () => {})
        const event = new Event('fired')
        new EventTarget().dispatchEvent(event)
        return {
          timeout: AbortSignal.timeout(1e6),
          any: AbortSignal.any([new AbortController().signal]),
          target,
          signal,
          event,
          request: new Request('http://localhost/'),
          response: new Response('text'),
        }
      },
      modes: ['esm', 'cjs'],
      addsGlobals: true,
      refused: { message: /Leave it out|Pickle|Call/, path: /value -> \.\w+$/ },
      check(value: any, assert, { cornichon, stage }) {
        if (stage !== 'original') return
        const { problems } = cornichon.checkSerializable(value)
        const found = Object.fromEntries(problems.map(({ path, reason }: any) => [path.slice(10), reason]))
        assert.deepEqual(Object.keys(found), [
          'timeout',
          'any',
          'target',
          'signal',
          'event',
          'request',
          'response',
        ])
        assert.match(found.timeout, /timeout/)
        assert.match(found.any, /AbortSignal\.any/)
        assert.match(found.target, /listeners for 'x'/)
        assert.match(found.signal, /listeners for 'abort'/)
        assert.match(found.event, /dispatched/)
        assert.match(found.request, /a Request/)
        assert.match(found.response, /a Response/)
      },
    },
  )

  row('V7', 'an object that inherits from an event is refused by name', {
    build: () => ({ event: Object.create(new CustomEvent('saved')) }),
    refused: { message: /a CustomEvent holds state/, path: /\.event$/ },
  })

  row('V7', 'Event, CustomEvent and EventTarget: type, flags and detail, subclasses with their fields', {
    build() {
      class Bus extends EventTarget {
        #sent = 1
        name = 'bus'
        send(event: Event) {
          this.#sent++
          return this.dispatchEvent(event)
        }
        get sent() {
          return this.#sent
        }
      }
      const event: any = new Event('typed', { bubbles: true, cancelable: true })
      event.preventDefault()
      const custom: any = new CustomEvent('custom', { detail: { list: [1] }, composed: true })
      custom.detail.self = custom
      return { event, custom, bus: new Bus(), target: new EventTarget() }
    },
    check({ event, custom, bus, target }, assert, { stage }) {
      assert.deepEqual(
        [event.type, event.bubbles, event.cancelable, event.composed, event.defaultPrevented],
        ['typed', true, true, false, true],
      )
      assert.deepEqual([custom.type, custom.composed, custom.detail.list[0]], ['custom', true, 1])
      assert.equal(custom.detail.self, custom)
      assert.ok(custom instanceof CustomEvent && target instanceof EventTarget)
      assert.deepEqual([bus.name, bus.constructor.name], ['bus', 'Bus'])
      if (stage === 'undisturbed') return
      let heard = 0
      bus.addEventListener('x', () => heard++, { once: true })
      bus.send(new Event('x'))
      assert.deepEqual([heard, bus.sent], [1, 2])
    },
  })

  row('V7', 'frozen and sealed objects of Node, with what it keeps under symbols', {
    build() {
      const attributes = (object: object) =>
        Reflect.ownKeys(object).map((key) => {
          const { configurable, writable } = Object.getOwnPropertyDescriptor(object, key)!
          return `${String(key)} ${configurable} ${writable}`
        })
      const crypto = process.getBuiltinModule('node:crypto')
      const make = () => [
        ...[new Event('a'), new CustomEvent('b', { detail: 1 }), new EventTarget(), AbortSignal.abort(2)],
        ...[new TextEncoder(), new TextDecoder(), new Blob(['c']), new FormData(), new Error('e'), /d/g],
        crypto.createSecretKey(Buffer.from('f')),
      ]
      const frozen: any[] = make().map(Object.freeze as any)
      const sealed: any[] = make().map(Object.seal as any)
      return { frozen, sealed, attributes, were: [...frozen, ...sealed].map(attributes) }
    },
    addsGlobals: true,
    modes: ['esm', 'cjs'],
    showsPaths: 'an error keeps its stack',
    check({ frozen, sealed, attributes, were }, assert) {
      assert.deepEqual([...frozen, ...sealed].map(attributes), were)
      assert.ok(frozen.every(Object.isFrozen) && sealed.every(Object.isSealed))
      assert.deepEqual([frozen[0].type, frozen[1].detail, frozen[3].reason], ['a', 1, 2])
      assert.equal(new TextDecoder().decode(frozen[4].encode('g')), 'g')
    },
  })

  row('V11', 'KeyObject: secret, public and private, of several kinds', {
    build() {
      const crypto = process.getBuiltinModule('node:crypto')
      const pairs = [
        crypto.generateKeyPairSync('ed25519'),
        crypto.generateKeyPairSync('ec', { namedCurve: 'prime256v1' }),
        crypto.generateKeyPairSync('rsa', { modulusLength: 1024 }),
      ]
      const secret: any = crypto.createSecretKey(Buffer.from('a secret'))
      secret.note = 'own'
      const texts = pairs.map(({ publicKey }) => publicKey.export({ format: 'pem', type: 'spki' }))
      return { pairs, secret, texts, get: () => secret }
    },
    modes: ['esm', 'cjs'],
    check({ pairs, secret, texts, get }, assert) {
      const crypto = process.getBuiltinModule('node:crypto')
      assert.ok(secret instanceof crypto.KeyObject)
      assert.deepEqual([secret.type, secret.export().toString(), secret.note], ['secret', 'a secret', 'own'])
      assert.equal(get(), secret)
      pairs.forEach(({ publicKey, privateKey }, i) => {
        assert.deepEqual([publicKey.type, privateKey.type], ['public', 'private'])
        assert.equal(publicKey.export({ format: 'pem', type: 'spki' }), texts[i])
        const digest = publicKey.asymmetricKeyType === 'ed25519' ? null : 'sha256'
        const signature = crypto.sign(digest, Buffer.from('x'), privateKey)
        assert.ok(crypto.verify(digest, Buffer.from('x'), publicKey, signature))
      })
    },
  })

  row('V11', 'CryptoKey: an extractable one travels with its algorithm and usages', {
    build: async () => {
      const { subtle } = crypto
      const hmac = await subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, true, ['sign', 'verify'])
      const aes = await subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['encrypt', 'decrypt'])
      const rsa = {
        ...{ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
        ...{ modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) },
      }
      const pair: any = await subtle.generateKey(rsa, true, ['sign', 'verify'])
      const ec: any = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
        'sign',
        'verify',
      ])
      return {
        hmac,
        aes,
        pair: { ...pair },
        ec: { ...ec },
        signed: await subtle.sign('HMAC', hmac, Buffer.from('x')),
      }
    },
    modes: ['esm', 'cjs'],
    async check({ hmac, aes, pair, ec, signed }: any, assert) {
      const { subtle } = crypto
      const data = Buffer.from('x')
      assert.ok(hmac instanceof (globalThis as any).CryptoKey)
      assert.ok(await subtle.verify('HMAC', hmac, signed, data))
      assert.deepEqual([hmac.extractable, hmac.type, hmac.algorithm.hash.name], [true, 'secret', 'SHA-256'])
      assert.deepEqual([...hmac.usages].sort(), ['sign', 'verify'])
      const iv = new Uint8Array(12)
      const sent = await subtle.encrypt({ name: 'AES-GCM', iv }, aes, data)
      assert.equal(Buffer.from(await subtle.decrypt({ name: 'AES-GCM', iv }, aes, sent)).toString(), 'x')
      for (const [how, keys] of [
        ['RSASSA-PKCS1-v1_5', pair],
        [{ name: 'ECDSA', hash: 'SHA-256' }, ec],
      ])
        assert.ok(
          await subtle.verify(how, keys.publicKey, await subtle.sign(how, keys.privateKey, data), data),
        )
      assert.deepEqual([...pair.publicKey.algorithm.publicExponent], [1, 0, 1])
    },
  })

  row('V11', 'a CryptoKey that is not extractable is refused by name', {
    build: async () => {
      const key = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
      return { sign: () => key }
    },
    modes: ['esm', 'cjs'],
    refused: { message: /CryptoKey that is not extractable/, path: /\.sign.*binding key/ },
  })

  row('V11', 'BlockList, SocketAddress and MIMEType', {
    build() {
      const { BlockList, SocketAddress } = process.getBuiltinModule('node:net')
      const { MIMEType } = process.getBuiltinModule('node:util')
      const blocked = new BlockList()
      blocked.addAddress('1.2.3.4')
      blocked.addRange('10.0.0.1', '10.0.0.5')
      blocked.addSubnet('fe80::', 64, 'ipv6')
      return {
        blocked,
        address: new SocketAddress({ address: '::1', family: 'ipv6', port: 80, flowlabel: 3 }),
        mime: new MIMEType('text/html; charset=utf-8;q="a b"'),
        isBlocked: (ip: string) => blocked.check(ip),
      }
    },
    check({ blocked, address, mime, isBlocked }, assert) {
      const { BlockList, SocketAddress } = process.getBuiltinModule('node:net')
      assert.ok(blocked instanceof BlockList && address instanceof SocketAddress)
      assert.deepEqual(['1.2.3.4', '10.0.0.3', '10.0.0.6'].map(isBlocked), [true, true, false])
      assert.ok(blocked.check('fe80::1', 'ipv6'))
      assert.deepEqual(
        [address.address, address.family, address.port, address.flowlabel],
        ['::1', 'ipv6', 80, 3],
      )
      assert.equal(String(mime), 'text/html;charset=utf-8;q="a b"')
      mime.params.set('x', 'y')
      assert.match(String(mime), /x=y/)
    },
  })

  row('V11', 'records of node:fs and legacy URLs: Stats, Dirent, StatFs, url.parse', {
    build() {
      const fs = process.getBuiltinModule('node:fs')
      const { parse } = process.getBuiltinModule('node:url')
      const stats = fs.statSync(process.execPath)
      const entry = fs.readdirSync('/', { withFileTypes: true }).find((each) => each.isDirectory())!
      const time = (value: any) => value.mtime.getTime()
      return {
        stats,
        big: fs.statSync(process.execPath, { bigint: true }),
        volume: fs.statfsSync('/'),
        entry,
        legacy: parse('http://user@host/path?a=b'),
        facts: [stats.size, time(stats), stats.isFile(), entry.name] as unknown[],
      }
    },
    modes: ['esm', 'cjs'],
    check({ stats, big, volume, entry, legacy, facts }, assert) {
      const fs = process.getBuiltinModule('node:fs')
      assert.ok(stats instanceof fs.Stats && entry instanceof fs.Dirent)
      assert.deepEqual([stats.size, stats.mtime.getTime(), stats.isFile(), entry.name], facts)
      assert.equal(stats.isDirectory(), false)
      assert.equal(Number(big.size), stats.size)
      assert.equal(big.isFile(), true)
      assert.ok(big.mtime instanceof Date)
      assert.ok(volume.blocks > 0)
      assert.deepEqual([entry.isDirectory(), entry.isFile()], [true, false])
      assert.deepEqual([legacy.host, legacy.auth, legacy.query], ['host', 'user', 'a=b'])
      assert.equal((legacy as any).format(), 'http://user@host/path?a=b')
    },
  })
}
