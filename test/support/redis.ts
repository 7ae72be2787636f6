// A real Redis for tests: the one that CORNICHON_REDIS_URL names, or a server of the test's own on a socket in a temporary
// folder, which is gone afterwards.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { Redis } from 'ioredis'
import { GRANTS } from '../../executor/redis/advice.ts'
import { requireServer } from '../../scripts/redis-server.mjs'
import { createWorkspace } from './workspace.ts'

export interface TestRedis {
  readonly address: string
  /** Its own, where the server is others', too. */
  readonly namespace: string
  /** A connection, for looks behind the scenes. */
  connect(): Redis
  /** Of a server of the test's own: ends it as a crash would, and starts it again with what it had on disk. */
  readonly crash: (() => Promise<void>) | null
  readonly restart: (() => Promise<void>) | null
  /** SIGSTOP, for one that stands still, and SIGCONT. */
  readonly signal: ((signal: NodeJS.Signals) => void) | null
  stop(): Promise<void>
}

export interface RedisSettings {
  /** With a file that it appends to, and reads when it is started again. */
  readonly isDurable?: boolean
  /** When that goes to the disk: `always` unless said otherwise. */
  readonly fsync?: 'always' | 'everysec' | 'no'
}

export async function startRedis(options: RedisSettings = {}): Promise<TestRedis> {
  const namespace = `test-${randomBytes(4).toString('hex')}`
  const shared = process.env.CORNICHON_REDIS_URL
  if (shared !== undefined && !options.isDurable) return useShared(shared, namespace)
  const server = await requireServer()
  const workspace = createWorkspace()
  const socket = workspace.path('redis.sock')
  const persistence = options.isDurable
    ? ['--appendonly', 'yes', '--appendfsync', options.fsync ?? 'always']
    : ['--appendonly', 'no']
  let child: ChildProcess | null = null
  const connections: Redis[] = []
  const start = async () => {
    child = spawn(
      server,
      [
        ...['--port', '0', '--unixsocket', socket, '--dir', workspace.folder, '--save', ''],
        ...['--maxmemory-policy', 'noeviction', '--daemonize', 'no', ...persistence],
      ],
      { stdio: 'ignore' },
    )
    await untilReady(socket)
  }
  const crash = async () => {
    const ended = once(child!, 'exit')
    child!.kill('SIGKILL')
    await ended
  }
  await start()
  return {
    address: `unix:${socket}`,
    namespace,
    connect() {
      const redis = new Redis(socket)
      redis.on('error', () => {})
      connections.push(redis)
      return redis
    },
    crash,
    restart: start,
    signal: (signal) => void child!.kill(signal),
    async stop() {
      for (const redis of connections) redis.disconnect()
      await crash()
      workspace.remove()
    },
  }
}

async function untilReady(socket: string): Promise<void> {
  for (const end = Date.now() + 20_000; ; ) {
    const redis = new Redis(socket, { lazyConnect: true, retryStrategy: () => null })
    redis.on('error', () => {})
    try {
      await redis.connect()
      return
    } catch (error) {
      if (Date.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, 10))
    } finally {
      redis.disconnect()
    }
  }
}

function useShared(address: string, namespace: string): TestRedis {
  const connections: Redis[] = []
  const connect = () => {
    const redis = new Redis(address)
    connections.push(redis)
    return redis
  }
  return {
    ...{ address, namespace, connect, crash: null, restart: null, signal: null },
    async stop() {
      const redis = connect()
      for await (const keys of redis.scanStream({ match: `{cornichon-${namespace}}*`, count: 1000 }))
        if ((keys as string[]).length > 0) await redis.unlink(...(keys as string[]))
      for (const each of connections) each.disconnect()
    },
  }
}

/** With TLS, and a user who has a password and what a fleet needs; `few` lacks a command, `none` almost all: on a free port of this machine. */
export async function startSecureRedis(): Promise<TestRedis & { readonly tls: { readonly ca: string } }> {
  const server = await requireServer()
  const workspace = createWorkspace()
  const openssl = spawnSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-days', '2', '-keyout', workspace.path('key.pem'), '-out', workspace.path('cert.pem')],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' },
  )
  if (openssl.status !== 0) throw new Error(`openssl, which this test needs, failed: ${openssl.stderr}`)
  const port = await freePort()
  workspace.write({
    'users.conf': `user default off\nuser driver on >pass ${GRANTS.replaceAll('<namespace>', 'secure')}\nuser few on >pass ~* &* +@all -xrevrange\nuser none on >pass +ping\n`,
  })
  const child = spawn(
    server,
    [
      workspace.path('users.conf'),
      ...['--port', '0', '--tls-port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
      ...['--tls-cert-file', workspace.path('cert.pem'), '--tls-key-file', workspace.path('key.pem')],
      ...['--tls-ca-cert-file', workspace.path('cert.pem'), '--tls-auth-clients', 'no'],
      ...['--dir', workspace.folder],
    ],
    { stdio: 'ignore' },
  )
  const ca = workspace.path('cert.pem')
  const connect = () =>
    new Redis({ port, username: 'driver', password: 'pass', tls: { ca: readFileSync(ca) } })
  const probe = connect()
  probe.on('error', () => {})
  try {
    await probe.ping()
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  } finally {
    probe.disconnect()
  }
  return {
    ...{ address: `rediss://driver:pass@localhost:${port}`, namespace: 'secure', tls: { ca }, connect },
    ...{ crash: null, restart: null, signal: null },
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
      workspace.remove()
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
