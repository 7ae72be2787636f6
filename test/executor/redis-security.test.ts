// Who gets in: signed calls where there are keys, TLS and users where Redis has them. What is refused is never compiled.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import {
  cancel,
  describeExecutor,
  get,
  init,
  ObjectLostError,
  put,
  remote,
  shutdown,
} from 'cornichon/executor'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { adviceOn } from '../../executor/redis/advice.ts'
import { redisOptions } from '../../executor/redis/connection.ts'
import { LargeReader } from '../../executor/redis/get-large.ts'
import { dumps } from '../../serializer/index.ts'
import { cornichon } from '../support/command.ts'
import { startWorker, type TestWorker } from '../support/fleet.ts'
import { startRedis, startSecureRedis, type TestRedis } from '../support/redis.ts'
import { createWorkspace } from '../support/workspace.ts'

const workspace = createWorkspace()
afterAll(() => workspace.remove())

describe('a worker with a key', () => {
  const secret = new Uint8Array(randomBytes(32))
  let redis: TestRedis
  let worker: TestWorker
  beforeAll(async () => {
    workspace.write({ secret })
    redis = await startRedis()
    worker = await startWorker(redis, '--num-cpus', '2', '--key-file', workspace.path('secret'))
  })
  afterEach(() => shutdown())
  afterAll(async () => {
    await worker.kill()
    await redis.stop()
  })
  const join = (more: object) =>
    init({ address: redis.address, namespace: redis.namespace, logToDriver: false, ...more })

  class Counter {
    count = 0
    add(by: number): number {
      this.count += by
      return this.count
    }
  }

  it('X14 runs what is signed with it: tasks, tasks of tasks, actors, large values', async () => {
    await join({ sign: secret })
    const square = remote((n: number) => n * n)
    const outer = remote(async (n: number) => (await get(square.remote(n))) + 1)
    expect(await get(outer.remote(3))).toBe(10)
    const counter = remote(Counter).remote()
    expect(await get([counter.add.remote(1), counter.add.remote(2)])).toEqual([1, 3])
    const sum = remote((values: Float64Array) => values.reduce((a, b) => a + b, 0))
    expect(await get(sum.remote(put(new Float64Array(100_000).fill(1))))).toBe(100_000)
  })

  it('X14 says at the start what is no key, and not when the first call comes', async () => {
    for (const sign of ['secret', 5, null, {}, { key: 'secret' }])
      await expect(join({ sign }), String(sign)).rejects.toThrow(/the option sign is a secret \(Uint8Array\)/)
    await expect(join({ sign: new Uint8Array(3) })).rejects.toThrow(/16 are the least/)
    for (const verify of ['secret', 5, null, {}, ['secret']])
      await expect(join({ verify }), String(verify)).rejects.toThrow(/the option verify takes a secret/)
    await expect(join({ verify: [] })).rejects.toThrow(/verify is an empty list/)
  })

  it('X14 refuses what is not signed, or with another key, and says so; none of its code is compiled', async () => {
    const mark = workspace.path('mark')
    const bad = remote((file: string) => writeFileSync(file, 'was run'))
    await join({})
    await expect(get(bad.remote(mark))).rejects.toThrow(/refuses call .* is not signed/)
    const counter = remote(Counter).remote()
    await expect(get(counter.add.remote(1))).rejects.toThrow(/refuses .* is not signed/)
    await shutdown()
    await join({ sign: new Uint8Array(32), verify: secret })
    await expect(get(bad.remote(mark))).rejects.toThrow(/signature of the bundle is not right/)
    await shutdown()
    const { privateKey } = generateKeyPairSync('ed25519')
    await join({ sign: privateKey, verify: secret })
    await expect(get(bad.remote(mark))).rejects.toThrow(/signature of the bundle is not right/)
    expect(existsSync(mark)).toBe(false)
  })

  it('X14 refuses a signed call that is sent again as another, and one whose time is over', async () => {
    await join({ sign: secret })
    const connection = redis.connect()
    const prefix = `{cornichon-${redis.namespace}}`
    const flag = workspace.path('go-on')
    const busy = remote(
      async () => {
        while (!existsSync(flag)) await new Promise((resolve) => setTimeout(resolve, 5))
      },
      { numCpus: 2 },
    ).remote()
    await expect
      .poll(async () => (await describeExecutor()).tasks.some(({ state }) => state === 'running'))
      .toBe(true)
    const first = remote(() => 'first', { numCpus: 2 }).remote()
    // Calls that are made at once are in one frame.
    await new Promise((resolve) => setTimeout(resolve, 50))
    const second = remote(() => 'second', { numCpus: 2 }).remote()
    const key = (id: string) => `${prefix}:call:${id.replace(/\.0$/, '')}`
    await expect.poll(() => connection.exists(key(second.id))).toBe(1)
    const frame = await connection.getBuffer(key(first.id))
    await connection.set(key(second.id), frame!)
    writeFileSync(flag, '')
    expect(await get(first)).toBe('first')
    await expect(get(second)).rejects.toThrow(/signature of the bundle is not right/)
    await get(busy)
    await shutdown()
    await join({ sign: { key: secret, expiresIn: 1 }, verify: secret })
    const late = remote(() => 1).remote()
    await expect(get(late)).rejects.toThrow(/expired/)
  })

  it('X14 refuses a signed call that was made for another fleet with the same keys', async () => {
    const connection = redis.connect()
    // The worker takes from that queue from now on.
    await join({ sign: secret })
    expect(await get(remote(() => 1).remote())).toBe(1)
    await shutdown()
    const there = `${redis.namespace}-there`
    await join({ namespace: there, sign: secret })
    const mark = workspace.path('mark-there')
    const id = remote((file: string) => writeFileSync(file, 'was run'))
      .remote(mark)
      .id.replace(/\.0$/, '')
    const prefix = (namespace: string) => `{cornichon-${namespace}}`
    await expect.poll(() => connection.llen(`${prefix(there)}:CPU=1:wait`)).toBe(1)
    const key = (namespace: string) => `${prefix(namespace)}:call:${id}`
    const function_ = (await connection.keys(`${prefix(there)}:fn:*`))[0]!
    for (const from of [key(there), function_, `${prefix(there)}:CPU=1:${id}`]) {
      const to = from.replace(prefix(there), prefix(redis.namespace))
      await connection.restore(to, 0, (await connection.dumpBuffer(from))!, 'REPLACE')
    }
    const queue = `${prefix(redis.namespace)}:CPU=1`
    await connection.lpush(`${queue}:wait`, id)
    await connection.zadd(`${queue}:marker`, 0, '0')
    // Where its driver counts as alive.
    await connection.mset(
      (await connection.keys(`${prefix(there)}:lease:*`)).flatMap((lease) => [
        lease.replace(prefix(there), prefix(redis.namespace)),
        '{}',
      ]),
    )
    const result = `${prefix(redis.namespace)}:obj:${id}.0`
    const outcome = async () => (existsSync(mark) ? 'was run' : String(await connection.get(result)))
    await expect.poll(outcome, { timeout: 20_000 }).toMatch(/signature of the bundle is not right/)
    expect(existsSync(mark)).toBe(false)
  })
})

describe('a worker with an Ed25519 key', () => {
  it('X14 trusts drivers by their public keys', async () => {
    const redis = await startRedis()
    const driver = generateKeyPairSync('ed25519')
    const workers = generateKeyPairSync('ed25519')
    workspace.write({
      'worker.pem': workers.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      'driver.pub': driver.publicKey.export({ type: 'spki', format: 'pem' }),
      'driver.pem': driver.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      'worker.pub': workers.publicKey.export({ type: 'spki', format: 'pem' }),
      'square.crn': dumps((n: number) => n * n),
    })
    const worker = await startWorker(
      redis,
      ...['--key-file', workspace.path('worker.pem'), '--trust-file', workspace.path('driver.pub')],
    )
    try {
      await init({
        ...{ address: redis.address, namespace: redis.namespace, logToDriver: false },
        ...{ sign: driver.privateKey, verify: [driver.publicKey, workers.publicKey] },
      })
      expect(await get(remote((n: number) => n + 1).remote(1))).toBe(2)
      const run = (...keys: string[]) =>
        cornichon(
          workspace.folder,
          ...['run', 'square.crn', '--args', '[5]', '--address', redis.address],
          ...['--namespace', redis.namespace, ...keys],
        )
      expect(run('--key-file', 'driver.pem', '--trust-file', 'worker.pub')).toEqual({
        ...{ code: 0, stdout: '25\n', stderr: '' },
      })
      // The worker's results are not its own.
      expect(run('--key-file', 'driver.pem').stderr).toMatch(/signature/)
    } finally {
      await shutdown()
      await worker.kill()
      await redis.stop()
    }
  })
})

describe('whoever can write to a Redis', () => {
  let redis: TestRedis
  let worker: TestWorker
  const square = remote(async (n: number, milliseconds = 0) => {
    await new Promise((resolve) => setTimeout(resolve, milliseconds))
    return n * n
  })
  const key = (name: string) => `{cornichon-${redis.namespace}}:${name}`
  const frameOf = (header: unknown, ...parts: Buffer[]) => {
    const text = Buffer.from(JSON.stringify(header))
    const begin = Buffer.from([1, 0, 0, 0, 0])
    begin.writeUInt32LE(text.length, 1)
    return Buffer.concat([begin, text, ...parts])
  }
  beforeAll(async () => {
    redis = await startRedis()
    worker = await startWorker(redis, '--num-cpus', '1')
    await init({ address: redis.address, namespace: redis.namespace, logToDriver: false })
    expect(await get(square.remote(2))).toBe(4)
  })
  afterAll(async () => {
    await shutdown()
    await worker.kill()
    await redis.stop()
  })

  it('X14 ends no worker and no driver with what is no message, nor keeps them from those behind it', async () => {
    const connection = redis.connect()
    const messages = [
      ...[
        '{no json',
        'null',
        '5',
        '{}',
        '{"kind":"frobnicate"}',
        '{"kind":"done"}',
        '{"kind":"cancel","call":5}',
      ],
      ...[
        '{"kind":"done","calls":[["t-1",1e9]]}',
        '{"kind":"done","calls":[["t-1",-1],5]}',
        '{"kind":"mail"}',
      ],
      ...[
        '{"kind":"shape","shape":"%"}',
        '{"kind":"shape","shape":"CPU=x;y"}',
        '{"kind":"kill"}',
        '{"kind":"ask"}',
      ],
      ...['{"kind":"answer"}', '{"kind":"export"}', '{"kind":"object"}'],
    ]
    const said = [
      ...[
        'h',
        'h CPU=1',
        'h CPU=1 t-x x y z\nabc',
        'h other t-x 1 0 5\nabc',
        `h CPU=1 t-x 999999999 0 ${Date.now()}\nabc`,
      ],
      ...['d', 'd t-1', 'd t-1 99999999999\n', 'd t-1 1 -5\nabc', 'd t-1 1 500\nabc', 'x', '\0\xff'],
    ]
    const ids = [...(await connection.smembers(key('nodes'))), ...(await connection.smembers(key('drivers')))]
    expect(ids).toHaveLength(2)
    for (const id of ids) {
      for (const text of said) expect(await connection.publish(key(`line:${id}`), text)).toBe(1)
      for (const text of messages) await connection.xadd(key(`inbox:${id}`), '*', 'm', text)
    }
    for (const text of messages) await connection.xadd(key('control'), '*', 'm', text)
    // Heard over the streams: not by who looks at the keys now and then, which takes 5 s.
    const heard = async () => {
      await square.remote(1)
      const started = Date.now()
      const counter = remote(
        class {
          add(a: number, b: number): number {
            return a + b
          }
        },
      ).remote()
      expect(await get(counter.add.remote(1, 2))).toBe(3)
      const never = remote(() => new Promise(() => {})).remote()
      const control = () => connection.xlen(key('control'))
      const before = await control()
      cancel(never, { force: true })
      await expect(get(never)).rejects.toThrow(/cancelled/)
      await expect.poll(control).toBeGreaterThan(before)
      expect(await get(square.remote(3))).toBe(9)
      return Date.now() - started
    }
    // A busy machine may take long by itself.
    await expect.poll(heard, { timeout: 60_000 }).toBeLessThan(4_000)
    expect(worker.child.exitCode).toBe(null)
  })

  const value = (...parts: number[]) => ({ ok: true, value: { at: 0 }, sizes: parts })
  const bomb = Buffer.from(dumps('x'.repeat(1e6), { compress: true }))
  const forged: readonly [string, Buffer][] = [
    ['random bytes', randomBytes(200)],
    ['nothing', Buffer.alloc(0)],
    ['a header that is cut off', Buffer.from([1, 255, 255, 255, 255, 1])],
    ['a header that is none', frameOf(null)],
    ['no parts', frameOf({ ok: true })],
    ['parts of odd sizes', frameOf({ ...value(-5, 5) })],
    ['no value', frameOf({ ok: true, sizes: [] })],
    ['no failure', frameOf({ ok: false, sizes: [] })],
    ['refs that are none', frameOf({ ok: true, value: { at: 0, refs: 5 }, sizes: [] })],
    [
      'more buffers than parts',
      frameOf({ ok: true, value: { at: 0, buffers: 1e9 }, sizes: [1] }, Buffer.from('a')),
    ],
    ['parts elsewhere that nobody could store', frameOf({ ...value(), outside: { parts: [[0, 1e15]] } })],
    ['what inflates', frameOf({ ok: true, value: { plain: 1, at: 0 }, sizes: [bomb.length] }, bomb)],
    ['parts elsewhere that are not there', frameOf({ ...value(), outside: { parts: [[0, 5e9]] } })],
  ]

  it('X14 forges results: who waits is told', async () => {
    const connection = redis.connect()
    for (const [what, bytes] of forged) {
      const busy = square.remote(1, 20)
      const result = square.remote(3)
      await connection.set(key(`obj:${result.id}`), bytes)
      await expect(get(result), what).rejects.toBeInstanceOf(ObjectLostError)
      await get(busy)
    }
    expect(await get(square.remote(2))).toBe(4)
  })

  it('X14 forges calls: the worker refuses them, and who waits is told', async () => {
    const connection = redis.connect()
    const blocker = remote(() => new Promise(() => {})).remote()
    await expect.poll(() => connection.llen(key('CPU=1:active'))).toBe(1)
    const group = { kind: 'task', owner: 'driver', shared: ['{}'], sizes: [] }
    const frames = [
      ...forged.map(([, bytes]) => bytes),
      ...[
        frameOf({ ...group, calls: [] }),
        frameOf({ ...group, kind: 'odd', calls: [[0, 'a', { none: 1 }, 0]] }),
      ],
    ]
    const calls = await Promise.all(
      frames.map(async (bytes, i) => {
        // Each is a job of its own.
        const call = square.options({ priority: i + 1 }).remote(3)
        const frame = key(`call:${call.id.replace(/\.0$/, '')}`)
        await expect.poll(() => connection.exists(frame)).toBe(1)
        await connection.set(frame, bytes)
        return call
      }),
    )
    cancel(blocker, { force: true })
    for (const outcome of await Promise.allSettled(calls.map((call) => get(call))))
      expect(outcome).toMatchObject({ reason: { message: expect.stringMatching(/the worker refuses call/) } })
    expect(await get(square.remote(2))).toBe(4)
  })

  type Header = { kind: unknown; owner: unknown; shared: string[]; calls: unknown[][] }
  type Spec = Record<string, unknown> & { options: Record<string, unknown> }
  const withSpec = (change: (spec: Spec) => unknown) => (header: Header) => {
    const shared = JSON.parse(header.shared[0]!) as { spec: Spec }
    shared.spec = (change(shared.spec) as Spec | undefined) ?? shared.spec
    header.shared[0] = JSON.stringify(shared)
  }
  const changes: Readonly<Record<string, (header: Header) => unknown>> = {
    'no options': withSpec(({ options: _, ...spec }) => spec),
    'options that are none': withSpec((spec) => ({ ...spec, options: 'none' })),
    'no number of results': withSpec((spec) => void (spec.options.numReturns = -1)),
    'too many results': withSpec((spec) => void (spec.options.numReturns = 1e6)),
    'retries that are none': withSpec((spec) => void (spec.options.maxRetries = 'x')),
    'a function that is none': withSpec((spec) => void (spec.fn = 5)),
    'an environment that is none': withSpec((spec) => void (spec.env = { key: '../..' })),
    'a job that is none': withSpec((spec) => void (spec.job = {})),
    'no spec': withSpec(() => []),
    'no owner': (header) => void (header.owner = {}),
    'another kind': (header) => void (header.kind = 'call'),
    'an actor': (header) => void (header.kind = 'actor'),
    'another id': (header) => void (header.calls[0]![1] = 't-other-1'),
    'arguments that are no list': (header) => void (header.calls[0]![2] = { json: { length: 2 } }),
    'dependencies that are none': (header) => void (header.calls[0]![3] = [{}]),
    'a spec that is nowhere': (header) => void (header.calls[0]![0] = 'length'),
  }

  it('X14 changes calls: the worker refuses what is none, who waits is told, and no slot is held up', async () => {
    const connection = redis.connect()
    const blocker = remote(() => new Promise(() => {})).remote()
    await expect.poll(() => connection.llen(key('CPU=1:active'))).toBe(1)
    const calls = await Promise.all(
      Object.values(changes).map(async (change, i) => {
        const call = square.options({ priority: i + 1 }).remote(3)
        const frame = key(`call:${call.id.replace(/\.0$/, '')}`)
        await expect.poll(() => connection.exists(frame)).toBe(1)
        const bytes = (await connection.getBuffer(frame))!
        const end = 5 + bytes.readUInt32LE(1)
        const header = JSON.parse(bytes.toString('utf8', 5, end)) as Header
        change(header)
        await connection.set(frame, frameOf(header, bytes.subarray(end)))
        return call
      }),
    )
    cancel(blocker, { force: true })
    const outcomes = await Promise.allSettled(calls.map((call) => get(call)))
    for (const [i, name] of Object.keys(changes).entries())
      expect([name, outcomes[i]]).toMatchObject([
        name,
        { reason: { message: expect.stringMatching(/the worker refuses call/) } },
      ])
    expect(await get(square.remote(2))).toBe(4)
  })

  it('X14 queues jobs that nobody can read: what waits behind them runs', async () => {
    const connection = redis.connect()
    const queue = key('CPU=1:')
    const job = { name: 'x', data: '{}', opts: '{"attempts":0}', timestamp: 1, delay: 0, priority: 0 }
    const range = (data: object) => ({ ...job, data: JSON.stringify(data) })
    const jobs: Readonly<Record<string, Record<string, string | number> | null>> = {
      'no job': null,
      'no data': { name: 'x' },
      'data that is null': { ...job, data: 'null' },
      'data that is no JSON': { ...job, data: '{no' },
      'options that are none': { ...job, opts: '{no' },
      'a batch that is none': range({ of: {}, at: 0, to: 2, size: 2 }),
      'a range without an end': { ...range({ of: 'whole', at: 0, to: 1e300, size: 1e300 }), stc: 1 },
      'a frame of another type': job,
    }
    await connection.set(key('call:whole'), 'x')
    await connection.hset(key('call:a frame of another type'), 'a', 'b')
    for (const [id, fields] of Object.entries(jobs)) {
      if (fields !== null) await connection.hset(queue + id, fields)
      await connection.lpush(`${queue}wait`, id)
      await connection.zadd(`${queue}marker`, 0, '0')
      expect([id, await get(square.remote(3))]).toEqual([id, 9])
    }
    await expect.poll(() => connection.exists(`${queue}wait`, `${queue}active`)).toBe(0)
    await connection.unlink(key('call:whole'))
  })
})

describe('a Redis with TLS and users', () => {
  it.each([
    ['ERR_TLS_CERT_ALTNAME_INVALID', /a name that the server's certificate is for/],
    ['CERT_HAS_EXPIRED', /a certificate whose time it is/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /--tls-ca/],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', /--tls-cert, --tls-key/],
    ['ECONNREFUSED', /Start one with redis-server/],
  ])('X14 has advice on %s', (code, advice) => {
    expect(adviceOn(Object.assign(new Error('failed'), { code }))).toMatch(advice)
  })

  it.each([
    ["READONLY You can't write against a read only replica.", /a replica.*the address of its primary/],
    ['LOADING Redis is loading the dataset in memory', /Try again when it has all of its data/],
  ])('X14 has advice on %s', (message, advice) => {
    expect(adviceOn(new Error(message))).toMatch(advice)
  })

  it('X14 takes the address rediss://user:password@host and the files to trust; no message has the password', async () => {
    const redis = await startSecureRedis()
    const { tls } = redis
    const worker = await startWorker(redis, '--tls-ca', tls.ca)
    try {
      await init({ address: redis.address, namespace: redis.namespace, tls, logToDriver: false })
      expect(await get(remote((n: number) => n + 1).remote(1))).toBe(2)
      const large = await get(remote((n: number) => new Uint8Array(n).fill(7)).remote(3_000_000))
      expect(large.length).toBe(3_000_000)
      expect(large.every((byte) => byte === 7)).toBe(true)
      // On a connection of its own, which has to get in, too.
      const key = `{cornichon-${redis.namespace}}:some`
      const client = redis.connect()
      await client.set(key, Buffer.from(large))
      client.disconnect()
      const reader = new LargeReader(redisOptions(redis.address, tls))
      expect((await reader.get(key))?.equals(Buffer.from(large))).toBe(true)
      reader.close()
      await shutdown()
      workspace.write({ 'square.crn': dumps((n: number) => n * n) })
      const run = (...more: string[]) =>
        cornichon(
          workspace.folder,
          ...['run', 'square.crn', '--args', '[5]', '--address', redis.address],
          ...['--namespace', redis.namespace, ...more],
        )
      expect(run('--tls-ca', tls.ca)).toEqual({ code: 0, stdout: '25\n', stderr: '' })
      expect(run()).toMatchObject({
        ...{ code: 2, stderr: expect.stringMatching(/self-signed.*Name the file.*--tls-ca/) },
      })
      expect(run('--tls-ca', 'none.pem').stderr).toMatch(/can't read the file that tls\.ca .*none\.pem/)
      const joining = (from: string | RegExp, to: string) =>
        init({ address: redis.address.replace(from, to), tls })
      await expect(joining('pass', 'wrong')).rejects.toThrow(
        /can't use Redis at rediss:\/\/\*\*\*@.*(WRONGPASS|invalid).*Give the address with a user.*password/,
      )
      await expect(joining('driver:pass@', '')).rejects.toThrow(/it asks for a user and a password\. Give/)
      for (const [user, command] of Object.entries({ few: 'xrevrange', none: 'info' })) {
        const message = new RegExp(`\\*\\*\\*@.*NOPERM.*'${command}'.*ACL SETUSER <user> ~{cornichon`)
        await expect(joining('driver', user)).rejects.toThrow(message)
      }
      // It would go on in the first one.
      await expect(joining(/$/, '/99')).rejects.toThrow(
        /can't use Redis at .*\/99: ERR DB index is out of range\. The address ends in the number of a database/,
      )
      await expect(joining('rediss:', 'redis:')).rejects.toThrow(/Is it rediss:\/\/ for a server with TLS/)
    } finally {
      await shutdown()
      await worker.kill()
      await redis.stop()
    }
  })
})
