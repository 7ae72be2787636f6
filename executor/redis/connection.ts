// Connections to Redis: the address, what a server has to be like, and what happens when one is lost. Nothing here shows
// a password.
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { RedisOptions } from 'ioredis'
import { adviceOn } from './advice.ts'
import { Redis } from './ioredis.ts'
import { LOOK, STUCK_AFTER, Watch } from './watch.ts'

const OLDEST = [6, 2] as const
/** Milliseconds between two tries to connect, at most. */
const LONGEST_WAIT = 3000
/** Milliseconds between two looks at a server that loads what it has on disk. How long that takes it says very wrong at times. */
const LOADING_LOOK = 250

/**
 * `redis://user:password@host:6379/0`, `rediss://...` for TLS, `unix:/path/to.sock`. No more than `longestWait` milliseconds
 * after it is there again, a server that was lost is found.
 */
export function redisOptions(
  address: string,
  tls: TlsFiles | undefined,
  longestWait = LONGEST_WAIT,
): RedisOptions {
  const shared: RedisOptions = {
    // A call that was accepted goes on when Redis is there again, however long that takes.
    maxRetriesPerRequest: null,
    enableReadyCheck: true,
    lazyConnect: true,
    connectTimeout: 10_000,
    retryStrategy: (times) => backOff(times, longestWait),
    maxLoadingRetryTime: LOADING_LOOK,
  }
  if (address.startsWith('unix:'))
    return { ...shared, path: address.slice('unix:'.length).replace(/^\/\//, '') }
  const url = parse(address)
  return {
    ...shared,
    host: url.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1',
    port: url.port === '' ? 6379 : Number(url.port),
    ...(url.username !== '' && { username: decoded(url.username, 'user', address) }),
    ...(url.password !== '' && { password: decoded(url.password, 'password', address) }),
    ...(url.pathname.length > 1 && { db: databaseOf(url) }),
    ...(url.protocol === 'rediss:' && { tls: readTls(tls) }),
  }
}

function decoded(text: string, what: string, address: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new TypeError(
      `the ${what} in the address ${withoutPassword(address)} has a % that begins no character: write %25 for %`,
    )
  }
}

function databaseOf({ pathname }: URL): number {
  const name = pathname.slice(1)
  if (/^\d{1,9}$/.test(name)) return Number(name)
  throw new TypeError(
    `the address names the database ${name}; it is a number, as in redis://host/0. The namespace (--namespace) is what keeps fleets of one database apart`,
  )
}

/** Files in PEM, for `rediss:` addresses. */
export interface TlsFiles {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

function readTls(files: TlsFiles = {}): { ca?: Buffer; cert?: Buffer; key?: Buffer } {
  return Object.fromEntries(
    Object.entries(files)
      .filter(([, file]) => file !== undefined)
      .map(([name, file]) => [name, readPem(name, file as string)]),
  )
}

function readPem(name: string, file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new Error(
      `can't read the file that tls.${name} (--tls-${name}) names: ${(error as Error).message.replace(/\.$/, '')}. Give the path of one in PEM${
        (error as NodeJS.ErrnoException).code === 'ERR_ACCESS_DENIED'
          ? ', and to --permission the grant fs-read for it'
          : ''
      }`,
    )
  }
}

/** 50 ms, doubled each time; some of it by chance, so that a fleet does not come back in one instant. */
function backOff(times: number, longestWait: number): number {
  const longest = Math.min(LONGEST_WAIT, longestWait, 50 * 2 ** Math.min(times, 10))
  return longest / 2 + (Math.random() * longest) / 2
}

function parse(address: string): URL {
  let url: URL | null = null
  try {
    url = new URL(address)
  } catch {}
  // With a slash in the password, say, its beginning is the port and its end the database.
  const isCut = url !== null && `${url.pathname}${url.search}${url.hash}`.includes('@')
  if (url !== null && /^rediss?:$/.test(url.protocol) && !isCut) return url
  throw new TypeError(
    `the address is redis://[user:password@]host[:port][/database], rediss://... for TLS, or unix:/path, not ${withoutPassword(address)}${
      /^rediss?:\/\/.*@/s.test(address)
        ? '. What a password has of / ? # @ : % is written as encodeURIComponent does it'
        : ''
    }`,
  )
}

/** For messages. The password may have characters that it should not have in an address: another @, a slash. */
export function withoutPassword(address: string): string {
  return address.replace(/\/\/.*@/s, '//***@')
}

/** A process tells of the losses of one of its connections. */
export function open(options: RedisOptions, address: string, tells = true): Redis {
  const redis = new Redis(options)
  let wasTold = !tells
  redis.on('ready', () => {
    wasTold = !tells
  })
  redis.on('error', (error: Error) => {
    // Told once for each loss: what is under way goes on when the server is back.
    if (wasTold || redis.status === 'end') return
    wasTold = true
    process.emitWarning(
      `the connection to Redis at ${withoutPassword(address)} is lost: ${reasonOf(error)}`,
      {
        type: 'RedisWarning',
      },
    )
  })
  return redis
}

const NOW = Promise.resolve()

/** Commands that are sent at once leave in one write: each write wakes the server, and may cost this process its turn. */
export function gatherWrites(redis: Redis): void {
  const send = redis.sendCommand
  let corked: Socket | null = null
  const uncork = () => {
    corked?.uncork()
    corked = null
  }
  const uncorkSoon = () => process.nextTick(uncork)
  redis.sendCommand = function (this: Redis, command, stream) {
    const socket = (redis as unknown as { stream?: Socket }).stream
    if (corked === null && socket !== undefined && redis.status === 'ready') {
      corked = socket
      socket.cork()
      // After all promises that are resolved by then: BullMQ's commands come within those.
      void NOW.then(uncorkSoon)
    }
    return send.call(this, command, stream)
  }
}

/**
 * `work` is called when a connection that was lost is there again, before what was under way is sent once more: what it
 * sends goes first.
 */
export function beforeResending(redis: Redis, work: () => void): void {
  const send = redis.sendCommand
  let wasLost = false
  redis.on('close', () => {
    wasLost = true
  })
  redis.sendCommand = function (this: Redis, command, stream) {
    if (wasLost && redis.status === 'ready') {
      wasLost = false
      work()
    }
    return send.call(this, command, stream)
  }
}

/** Connects, or says why that is not possible. `look`: see watch.ts. */
export async function connect(options: RedisOptions, address: string, look = LOOK): Promise<Redis> {
  const first = new Redis({ ...options, retryStrategy: () => null })
  let failure: Error | null = null
  first.on('error', (error: Error) => {
    failure = error
  })
  const watch = new Watch(look)
  watch.add(first, () => {
    const message = `it has not answered for ${(look * STUCK_AFTER) / 1000} s`
    failure = Object.assign(new Error(message), { code: 'ETIMEDOUT' })
    watch.close()
    first.disconnect()
  })
  try {
    await first.connect()
    // ioredis only warns of one that the server does not have, and goes on in the first.
    if (first.options.db) await first.select(first.options.db)
    await checkServer(first, withoutPassword(address))
  } catch (error) {
    if (error instanceof UnfitServerError) throw error
    throw unusable(failure ?? (error as Error), address)
  } finally {
    watch.close()
    first.disconnect()
  }
  const redis = open(options, address)
  try {
    await redis.connect()
  } catch (error) {
    // It would go on trying.
    redis.disconnect()
    throw unusable(error as Error, address)
  }
  // Of what BullMQ duplicates: it gives up for good if Redis is away when it says `connect` to one that is lazy.
  redis.options.lazyConnect = false
  return redis
}

function unusable(error: Error, address: string): Error {
  return new Error(`can't use Redis at ${withoutPassword(address)}: ${reasonOf(error)}. ${adviceOn(error)}`)
}

/** What a command was answered while a process joins; what can't be done there is told with what to do about it. */
export function whileJoining(error: unknown, address: string): unknown {
  return error instanceof Error && /^(NOPERM|READONLY|MASTERDOWN)/.test(error.message)
    ? unusable(error, address)
    : error
}

class UnfitServerError extends Error {}

async function checkServer(redis: Redis, where: string): Promise<void> {
  const info = await redis.info()
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
  const version = field('redis_version') ?? '0'
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
    throw new UnfitServerError(
      `Redis at ${where} is version ${version}; ${OLDEST.join('.')} or newer is needed, or any Valkey`,
    )
  const policy = field('maxmemory_policy')
  if (policy !== undefined && policy !== 'noeviction')
    throw new UnfitServerError(
      `Redis at ${where} has maxmemory-policy ${policy}: it would throw away calls and results when its memory is full. ` +
        'Say CONFIG SET maxmemory-policy noeviction, or use another server',
    )
}

function reasonOf(error: Error): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (message.startsWith('NOAUTH')) return 'it asks for a user and a password'
  if (message === 'Connection is closed.') return 'it has closed the connection'
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens there'
    case 'ENOENT':
      return 'there is no such socket'
    case 'ENOTFOUND':
      return 'there is no such host'
    default:
      return message.replace(/\.$/, '') || code || 'the connection failed'
  }
}
