// The names of all keys. One hash tag, so that a Redis Cluster keeps a namespace in one slot, and scripts may touch
// several keys. What each holds, and for how long, is in docs/executor.md.
import { Seal } from './seal.ts'

/** Milliseconds. */
export const Life = {
  /** Of a lease: who does not renew it for so long is dead. */
  lease: 15_000,
  beat: 5_000,
  /** Of objects, since a process that has a ref renewed it last. */
  object: 3_600_000,
  /** Of calls that wait, since their submitter renewed them last. */
  call: 86_400_000,
  function: 3_600_000,
  /** Of packages, since a driver that has them renewed them last. */
  package: 3_600_000,
  /** Of what is only told: marks of cancellation, deaths of actors. */
  note: 3_600_000,
} as const

export class Keys {
  readonly prefix: string
  /** Signs what goes into the keys, and checks what comes out. */
  readonly seal: Seal

  constructor(namespace: string, seal = new Seal()) {
    this.seal = seal
    this.prefix = `{cornichon-${namespace}}`
  }

  #of(kind: string, id: string): string {
    return `${this.prefix}:${kind}:${id}`
  }

  /** A value, or a failure. */
  object = (id: string): string => this.#of('obj', id)
  /** A value that was made and is about to be the object's, unless there is one. */
  made = (id: string, by: string): string => this.#of('made', `${id}:${by}`)
  /** A piece of a large value. */
  part = (id: string, part: number, chunk: number): string => this.#of('part', `${id}:${part}:${chunk}`)
  /** Who waits for an object that another made. */
  watchers = (id: string): string => this.#of('watch', id)
  /** Calls that were made at once: see wire.ts. */
  call = (batch: string): string => this.#of('call', batch)
  /** How far a batch of several calls is: see scripts.ts. */
  batch = (id: string): string => this.#of('batch', id)
  /** A set: what tasks of one driver made, and gave away refs of. */
  shared = (driver: string): string => this.#of('shared', driver)
  /** An actor was given it that may outlive its driver. */
  given = (id: string): string => this.#of('given', id)
  /** Which worker process makes an object that is not there yet, and whose ref was given away. */
  maker = (id: string): string => this.#of('maker', id)
  function = (hash: string): string => this.#of('fn', hash)
  /** A stream: results, requests and answers for one process. */
  inbox = (process: string): string => this.#of('inbox', process)
  /** A stream: what tasks of one driver print. */
  logs = (driver: string): string => this.#of('logs', driver)
  /** Of a queue: who has nothing to do, and for how many of its calls there is room. */
  idle = (queue: string): string => this.#of('idle', queue)
  /** A channel that one process listens to. */
  line = (process: string): string => this.#of('line', process)
  lease = (process: string): string => this.#of('lease', process)
  actor = (id: string): string => this.#of('actor', id)
  actorName = (name: string): string => this.#of('name', name)
  /** Of a runtime environment: what its archive's parts are. */
  package = (uri: string): string => this.#of('pkg', uri)
  packagePart = (uri: string, part: number): string => this.#of('pkgpart', `${uri}:${part}`)
  /** How far a job is. */
  progress = (job: string): string => this.#of('progress', job)
  cancelled = (call: string): string => this.#of('cancel', call)

  /** A stream that every process reads. */
  get control(): string {
    return `${this.prefix}:control`
  }
  get nodes(): string {
    return `${this.prefix}:nodes`
  }
  get drivers(): string {
    return `${this.prefix}:drivers`
  }
  get actors(): string {
    return `${this.prefix}:actors`
  }
  /** What kinds of slots have ever been asked for: one queue for each. */
  get shapes(): string {
    return `${this.prefix}:shapes`
  }
  get setUps(): string {
    return `${this.prefix}:setups`
  }
}
