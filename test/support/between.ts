// What stands between a client and a Redis: connections can be looked at, held up for good, or refused.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import type { TestRedis } from './redis.ts'

export interface Between {
  readonly port: number
  readonly address: string
  /** How many connections there have been. */
  readonly count: number
  /** From now on nothing comes through of those that there are; with `all`, of those that come, too. */
  hold(which: 'present' | 'all'): void
}

export interface BetweenSettings {
  /** Whether a connection is let through, the how-manieth of all it is; it is closed if not. */
  readonly accepts?: (count: number) => boolean
  /** What a client gets in place of an answer of the server. */
  readonly answer?: (bytes: Buffer) => Buffer | string
}

/** For a server on a socket; ends with the test. */
export async function startBetween(
  { address }: TestRedis,
  { accepts = () => true, answer }: BetweenSettings = {},
): Promise<Between> {
  const halves = new Set<Socket>()
  let count = 0
  let isHeld = false
  const server = createServer((near) => {
    near.on('error', () => {})
    if (!accepts(++count)) return void near.destroy()
    const far = connect(address.replace(/^unix:/, '')).on('error', () => {})
    halves.add(near).add(far)
    if (isHeld) return
    near.pipe(far)
    if (answer === undefined) far.pipe(near)
    else far.on('data', (bytes: Buffer) => near.write(answer(bytes)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const each of halves) each.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    port,
    address: `redis://127.0.0.1:${port}`,
    get count() {
      return count
    },
    hold(which) {
      isHeld = which === 'all'
      for (const each of halves) each.unpipe().pause()
    },
  }
}
