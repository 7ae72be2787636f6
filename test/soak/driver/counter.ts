// An actor that knows what it was called with, and a caller that checks whether its answers can be of one actor that is called in
// order, and starts anew only where it has to.
import { randomUUID } from 'node:crypto'
import { type ActorHandle, type ActorRemoteOptions, type ObjectRef, remote } from 'cornichon/executor'
import { note } from '../ledger.ts'
import type { Allowed, Scene } from './scene.ts'
import { sleep, waits } from './tasks.ts'

export interface Answer {
  /** Of one instance. */
  readonly life: string
  /** Its calls, this included. */
  readonly count: number
  /** This caller's last call before this, in this life. */
  readonly before: number
  readonly held: number | null
}

export class Counter {
  readonly life = randomUUID().slice(0, 8)
  count = 0
  last: Record<string, number> = {}

  constructor(id: string) {
    note(id)
  }

  #answer(id: string, caller: string, sequence: number, held: number | null): Answer {
    note(id)
    const before = this.last[caller] ?? -1
    this.last[caller] = sequence
    return { life: this.life, count: ++this.count, before, held }
  }

  add(id: string, caller: string, sequence: number, held: number | null): Answer {
    return this.#answer(id, caller, sequence, held)
  }

  async addSlowly(
    id: string,
    caller: string,
    sequence: number,
    held: number | null,
    idle: number,
  ): Promise<Answer> {
    const answer = this.#answer(id, caller, sequence, held)
    await sleep(idle)
    return answer
  }

  calls(): number {
    return this.count
  }
}

export const Counters = remote(Counter)
export type CounterHandle = ActorHandle<Counter>

/** The calls of one caller to one actor, in their order. */
export class Caller {
  readonly #scene: Scene
  readonly #name: string
  readonly #options: ActorRemoteOptions
  /** Whether nobody else calls it. */
  readonly #isOnly: boolean
  #calls = 0
  readonly #answers: (Answer | null)[] = []

  constructor(scene: Scene, name: string, options: ActorRemoteOptions, isOnly: boolean) {
    this.#scene = scene
    this.#name = name
    this.#options = options
    this.#isOnly = isOnly
  }

  /** Makes a call; what is returned waits for its answer. `errors` is asked when it has failed. */
  call(actor: CounterHandle, errors: () => readonly string[] = () => []): Promise<void> {
    const { random } = this.#scene
    const sequence = this.#calls++
    this.#answers.push(null)
    const id = (this.#options.maxTaskRetries ?? 0) === 0 ? this.#scene.id('0') : this.#scene.id()
    // What is held back until an argument is there keeps back what comes behind it.
    const held = random.isTrue(0.2)
      ? waits.options({ maxRetries: -1 }).remote(this.#scene.id(), sequence, random.skewed(0, 400))
      : null
    const ref = random.isTrue(0.7)
      ? actor.add.remote(id, this.#name, sequence, held)
      : actor.addSlowly.remote(id, this.#name, sequence, held, random.skewed(0, 100))
    return this.#settle(id, sequence, ref, errors)
  }

  async #settle(
    id: string,
    sequence: number,
    ref: ObjectRef<Answer>,
    errors: () => readonly string[],
  ): Promise<void> {
    const settled = await this.#scene.settle(id, ref, () => this.allowed(errors()))
    if (!settled.ok) return
    this.#answers[sequence] = settled.value
  }

  /** Of whatever is asked of that actor. */
  allowed(errors: readonly string[]): Allowed {
    const { maxTaskRetries = 0, maxRestarts = 0 } = this.#options
    return { errors, budget: maxTaskRetries, restarts: maxRestarts }
  }

  /** When all of them are over. */
  check(): void {
    const answers = this.#answers
    const lives: string[] = []
    const counted = new Set<string>()
    let previous: { readonly sequence: number; readonly answer: Answer } | null = null
    for (const [sequence, answer] of answers.entries()) {
      if (answer === null) continue
      const wrong = (text: string) =>
        this.#scene.violation(`${this.#name}: ${text}`, { sequence, answers, options: this.#options })
      // Several at once begin when their arguments are there.
      const isInOrder = (this.#options.maxConcurrency ?? 1) === 1
      if (isInOrder && answer.before >= sequence)
        wrong('a call ran behind one that was made later, or twice in one life')
      if (!isInOrder) {
        const key = `${answer.life} ${answer.count}`
        if (counted.has(key)) wrong('two calls have the same number in one life')
        counted.add(key)
      }
      if (isInOrder && previous?.answer.life === answer.life) {
        if (answer.count <= previous.answer.count) wrong('a call counted less than one before it')
        if (answer.before < previous.sequence)
          wrong('a call that was answered is not in the state of the actor')
        if (this.#isOnly && previous.sequence === sequence - 1 && answer.count !== previous.answer.count + 1)
          wrong('the actor counted what nobody called')
      } else {
        if (isInOrder && lives.includes(answer.life))
          wrong('an earlier life of the actor answered behind a later one')
        if (!lives.includes(answer.life)) lives.push(answer.life)
      }
      if (this.#isOnly && answer.count > (isInOrder ? sequence + 1 : answers.length))
        wrong('the actor counted more calls than were made')
      previous = { sequence, answer }
    }
    const most = this.#options.maxRestarts ?? 0
    if (most >= 0 && lives.length > most + 1)
      this.#scene.violation(`${this.#name}: ${lives.length} lives, with maxRestarts ${most}`, answers)
  }
}
