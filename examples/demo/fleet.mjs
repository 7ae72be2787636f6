// A fleet for the demo: the Redis that CORNICHON_REDIS_URL names, or one of the demo's own, and a worker.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { basename, join } from 'node:path'
import { Redis } from 'ioredis'
import { findServer } from '../../scripts/redis-server.mjs'
import { start } from './processes.mjs'

const given = process.env.CORNICHON_REDIS_URL || null

/**
 * Its address, how to show that, the namespace to use where it is others', too, and what removes what the demo left
 * there; null where there is no Redis.
 */
export async function findRedis(folder) {
  if (given !== null) {
    const namespace = `demo-${randomBytes(4).toString('hex')}`
    // The address may have a password.
    const shown = '$CORNICHON_REDIS_URL'
    return { address: given, shown, started: null, namespace, clear: () => clear(given, namespace) }
  }
  const server = findServer()
  if (server === null) return null
  const socket = join(folder, 'redis.sock')
  const output = []
  const child = start(
    server,
    [
      '--port',
      '0',
      '--unixsocket',
      socket,
      '--dir',
      folder,
      '--save',
      '',
      '--maxmemory-policy',
      'noeviction',
    ],
    (line) => output.push(line),
  )
  await untilReady(child, () => isListening(socket), basename(server), output)
  const address = `unix:${socket}`
  return {
    address,
    shown: address,
    started: `${basename(server)} --port 0 --unixsocket ${socket} &`,
    namespace: null,
    clear: async () => {},
  }
}

/** `cornichon worker`, when it is ready. */
export async function startWorker(args) {
  const output = []
  let isReady = false
  const child = start(process.execPath, [...args, '--json'], (line) => {
    output.push(line)
    isReady ||= line.includes('"state":"ready"')
  })
  await untilReady(child, async () => isReady, 'cornichon worker', output)
}

async function untilReady(child, isReady, name, output) {
  let failure = null
  child.on('error', (error) => (failure = error.message))
  child.on('exit', (code) => (failure = `it ended with exit code ${code}`))
  while (!(await isReady())) {
    if (failure !== null) throw new Error(`${name} did not start: ${failure}\n${output.join('\n')}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function isListening(socket) {
  const connection = connect(socket)
  try {
    await once(connection, 'connect')
    return true
  } catch {
    return false
  } finally {
    connection.destroy()
  }
}

/** Of a Redis that is others', too: all of the demo's namespace. */
async function clear(address, namespace) {
  const redis = new Redis(address.replace(/^unix:(\/\/)?/, ''), { retryStrategy: () => null })
  redis.on('error', () => {})
  try {
    for await (const keys of redis.scanStream({ match: `{cornichon-${namespace}}*`, count: 1000 }))
      if (keys.length > 0) await redis.unlink(...keys)
  } catch (error) {
    console.error(`could not clear {cornichon-${namespace}}:* in Redis: ${error.message}`)
  } finally {
    redis.disconnect()
  }
}
