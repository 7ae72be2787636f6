// The Redis of a run, and what can happen to it; one thing at a time.
import type { Redis } from 'ioredis'
import { Keys } from '../../executor/redis/keys.ts'
import { type RedisSettings, startRedis, type TestRedis } from '../support/redis.ts'

export class Server {
  readonly redis: TestRedis
  /** The harness's own, which no fault hits. */
  readonly connection: Redis
  #turn: Promise<unknown> = Promise.resolve()
  #away = 0

  private constructor(redis: TestRedis) {
    this.redis = redis
    this.connection = redis.connect()
  }

  static async start(settings: RedisSettings): Promise<Server> {
    return new Server(await startRedis({ ...settings, isDurable: true }))
  }

  get prefix(): string {
    return new Keys(this.redis.namespace).prefix
  }

  /** Waits for what happens to it now. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => {})
    return done
  }

  /** It is, or is about to be. */
  get isAway(): boolean {
    return this.#away > 0
  }

  crash(away: number): Promise<void> {
    return this.#goesAway(async () => {
      await this.redis.crash!()
      await pause(away)
      await this.redis.restart!()
    })
  }

  stall(span: number): Promise<void> {
    return this.#goesAway(async () => {
      this.redis.signal!('SIGSTOP')
      await pause(span)
      this.redis.signal!('SIGCONT')
    })
  }

  async #goesAway(work: () => Promise<void>): Promise<void> {
    this.#away++
    await this.alone(work).finally(() => this.#away--)
  }

  /** Ends connections, as `choose` says of those that there are. */
  killClients(choose: (ids: readonly string[]) => readonly string[]): Promise<number> {
    return this.alone(async () => {
      const own = await this.connection.client('ID')
      const list = (await this.connection.client('LIST')) as string
      const ids = [...list.matchAll(/^id=(\d+) /gm)].map(([, id]) => id!).filter((id) => id !== String(own))
      const chosen = choose(ids)
      for (const id of chosen) await this.connection.client('KILL', 'ID', id).catch(() => {})
      return chosen.length
    })
  }

  stop(): Promise<void> {
    this.redis.signal!('SIGCONT')
    return this.redis.stop()
  }
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))
