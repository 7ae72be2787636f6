// SET of many bytes. The client's own copies the bytes of a command behind its other words before it writes; here they
// are written from where they are.
import type { Socket } from 'node:net'
import { Command, type Redis } from './ioredis.ts'

/** Below that, a copy costs less than another write. */
const LARGE = 64 * 1024

class SetLarge extends Command {
  readonly #bytes: Uint8Array

  constructor(key: string, bytes: Uint8Array, life: number) {
    super('set', [key, '', 'PX', String(life)], { replyEncoding: 'utf8' })
    this.#bytes = bytes
  }

  override toWritable(socket: object): string {
    const [key, , option, life] = this.args as string[]
    const out = socket as Socket
    out.cork()
    out.write(`*5\r\n$3\r\nset\r\n${bulk(key!)}$${this.#bytes.byteLength}\r\n`)
    out.write(this.#bytes)
    process.nextTick(() => out.uncork())
    return `\r\n${bulk(option!)}${bulk(life!)}`
  }
}

function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`
}

/** The bytes are not to change until it is done. */
export function setLarge(redis: Redis, key: string, bytes: Uint8Array, life: number): Promise<unknown> {
  if (bytes.byteLength < LARGE)
    return redis.set(key, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), 'PX', life)
  const command = new SetLarge(key, bytes, life)
  return redis.sendCommand(command) as Promise<unknown>
}
