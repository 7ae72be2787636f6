// What a call needs before it runs in this process: its frame, its function, the values of its arguments. Functions are
// fetched once and kept.
import type { Dependency, Exported, PackedArguments } from '../../executor.ts'
import { type Failure, failureOf } from '../../failures.ts'
import { functionsOf, type Needs } from '../../functions.ts'
import type { LocalExecutor } from '../../local/index.ts'
import { FunctionField, purposeOfFunction } from '../functions.ts'
import type { RedisExecutor } from '../index.ts'
import { decodeOutcome } from '../values.ts'

/** How long the driver may take to export a function again that has expired. */
const PATIENCE = 5_000

export class UnfitCallError extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.message)
    this.failure = failure
  }
}

export class Supplies {
  readonly #fleet: RedisExecutor
  readonly #local: LocalExecutor
  /** On their way. */
  readonly #functions = new Map<string, Promise<void>>()

  constructor(fleet: RedisExecutor, local: LocalExecutor) {
    this.#fleet = fleet
    this.#local = local
  }

  /** Whether there is nothing to fetch. */
  hasFunctionsOf(spec: Needs): boolean {
    for (const hash of functionsOf(spec)) if (!this.#local.hasFunction(hash)) return false
    return true
  }

  /** Whoever is to have them soon says what is wrong with them. */
  expect(spec: Needs, owner: string): void {
    if (!this.hasFunctionsOf(spec)) this.functionsOf(spec, owner).catch(() => {})
  }

  async function(hash: string, owner: string): Promise<void> {
    if (this.#local.hasFunction(hash)) return
    let coming = this.#functions.get(hash)
    if (coming === undefined) {
      coming = this.#fetch(hash, owner).finally(() => this.#functions.delete(hash))
      this.#functions.set(hash, coming)
    }
    return coming
  }

  /** All that a call or an actor needs; the arguments are held, until they are let go. Throws UnfitCallError and others. */
  async bring(spec: Needs & Pick<PackedArguments, 'deps'>, owner: string): Promise<readonly string[]> {
    const held = await this.arguments(spec.deps)
    try {
      await this.functionsOf(spec, owner)
      return held
    } catch (error) {
      this.letGo(held)
      throw error
    }
  }

  /** All code that a call or an actor needs. They stay until the next one is fetched. */
  async functionsOf(spec: Needs, owner: string): Promise<void> {
    while (!this.hasFunctionsOf(spec))
      await Promise.all(functionsOf(spec).map((hash) => this.function(hash, owner)))
  }

  /** Those that are here stay, until what is returned is called. */
  holdFunctionsOf(spec: Needs): () => void {
    const hashes = functionsOf(spec)
    for (const hash of hashes) this.#local.holdFunction(hash)
    return () => {
      for (const hash of hashes) this.#local.releaseFunction(hash)
    }
  }

  async #fetch(hash: string, owner: string): Promise<void> {
    const { link } = this.#fleet
    const { redis, keys } = link
    const read = () => redis.hmgetBuffer(keys.function(hash), FunctionField.frame, FunctionField.name)
    let [frame, name] = await read()
    for (const end = Date.now() + PATIENCE; !frame && Date.now() < end; ) {
      link.tell(owner, { kind: 'export', hash })
      await new Promise((resolve) => setTimeout(resolve, 100))
      ;[frame, name] = await read()
    }
    if (!frame)
      throw new UnfitCallError(lost(`the function ${hash} is not in Redis, and its driver does not answer`))
    const purpose = purposeOfFunction(hash)
    const outcome = await decodeOutcome(keys.seal.open(frame, purpose), purpose, link)
    if (!outcome.ok) throw new UnfitCallError(outcome.failure)
    const exported: Exported = { hash, name: name?.toString() ?? hash, value: outcome.value }
    this.#local.exportFunction(exported)
  }

  /** The values of arguments that are refs, into the store of this process, where they stay until they are let go. */
  async arguments(deps: readonly Dependency[]): Promise<readonly string[]> {
    const held: string[] = []
    if (deps.length === 0) return held
    const { redis, keys } = this.#fleet.link
    const wanted = [...new Set(deps.map(([, id]) => id))]
    const frames = await redis.mgetBuffer(wanted.map(keys.object))
    await Promise.all(
      wanted.map(async (id, i) => {
        const frame = frames[i] ?? null
        if (frame === null)
          throw new UnfitCallError(
            lost(`object ${id} is not in the store: it was freed, or its time is over`),
          )
        const outcome = await decodeOutcome(keys.seal.open(frame, id), id, this.#fleet.link)
        if (!outcome.ok) throw new UnfitCallError(outcome.failure)
        this.#local.put(id, outcome.value)
        this.#local.hold(id)
        held.push(id)
      }),
    ).catch((error: unknown) => {
      this.letGo(held)
      throw error
    })
    return held
  }

  letGo(held: readonly string[]): void {
    for (const id of held) this.#local.release(id)
  }
}

function lost(message: string): Failure {
  return failureOf('lost', message)
}
