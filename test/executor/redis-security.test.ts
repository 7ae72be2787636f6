// Who gets in: signed calls where there are keys, TLS and users where Redis has them. What is refused is never compiled.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { get, init, put, remote, shutdown } from 'cornichon/executor'
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
    const blocker = remote(() => new Promise((resolve) => setTimeout(resolve, 300)), { numCpus: 2 })
    const busy = blocker.remote()
    await new Promise((resolve) => setTimeout(resolve, 100))
    const first = remote(() => 'first', { numCpus: 2 }).remote()
    // Calls that are made at once are in one frame.
    await new Promise((resolve) => setTimeout(resolve, 50))
    const second = remote(() => 'second', { numCpus: 2 }).remote()
    const key = (id: string) => `${prefix}:call:${id.replace(/\.0$/, '')}`
    for (const end = Date.now() + 5000; (await connection.exists(key(second.id))) === 0; )
      expect(Date.now()).toBeLessThan(end)
    const frame = await connection.getBuffer(key(first.id))
    await connection.set(key(second.id), frame!)
    expect(await get(first)).toBe('first')
    await expect(get(second)).rejects.toThrow(/signature of the bundle is not right/)
    await get(busy)
    await shutdown()
    await join({ sign: { key: secret, expiresIn: 1 }, verify: secret })
    const late = remote(() => 1).remote()
    await expect(get(late)).rejects.toThrow(/expired/)
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
      const joining = (from: string, to: string) => init({ address: redis.address.replace(from, to), tls })
      await expect(joining('pass', 'wrong')).rejects.toThrow(
        /can't use Redis at rediss:\/\/\*\*\*@.*(WRONGPASS|invalid).*Give the address with a user.*password/,
      )
      await expect(joining('driver:pass@', '')).rejects.toThrow(/it asks for a user and a password\. Give/)
      for (const [user, command] of Object.entries({ few: 'xrevrange', none: 'info' })) {
        const message = new RegExp(`\\*\\*\\*@.*NOPERM.*'${command}'.*ACL SETUSER <user> ~{cornichon`)
        await expect(joining('driver', user)).rejects.toThrow(message)
      }
      await expect(joining('rediss:', 'redis:')).rejects.toThrow(/Is it rediss:\/\/ for a server with TLS/)
    } finally {
      await shutdown()
      await worker.kill()
      await redis.stop()
    }
  })
})
