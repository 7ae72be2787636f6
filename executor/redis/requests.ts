// Questions to all workers of the fleet: each answers into the inbox of who asked.
import { setTimeout as pause } from 'node:timers/promises'
import { clearTimeout, setTimeout } from '../../serializer/globals.ts'
import type { Link } from './link.ts'
import type { Message } from './messages.ts'

const PATIENCE = 3_000
/** How often it is looked at who is still there, and how often in a row who had no connection is not waited for. */
const LOOK = 1_000
const LOOKS = 5

type Question = Extract<Message, { kind: 'ask' }>['what']

interface Open {
  readonly answers: Map<string, unknown>
  readonly missing: Set<string>
  readonly done: () => void
}

export class Requests {
  readonly #link: Link
  readonly #open = new Map<string, Open>()
  #count = 0

  constructor(link: Link) {
    this.#link = link
  }

  /** The answers of the nodes that answer soon, by node. */
  ask(what: Question, nodes: Iterable<string>): Promise<ReadonlyMap<string, unknown>> {
    return this.#ask({ what }, nodes, PATIENCE)
  }

  /** The same of something that may take them long: without those of nodes that are gone meanwhile. */
  askUntilDone(what: Question, call: string, nodes: Iterable<string>): Promise<ReadonlyMap<string, unknown>> {
    return this.#ask({ what, call }, nodes, null)
  }

  /** Nothing is waited for any more. */
  close(): void {
    for (const { done } of this.#open.values()) done()
    this.#open.clear()
  }

  async #ask(
    question: { readonly what: Question; readonly call?: string },
    nodes: Iterable<string>,
    patience: number | null,
  ): Promise<ReadonlyMap<string, unknown>> {
    const missing = new Set(nodes)
    const answers = new Map<string, unknown>()
    if (missing.size === 0) return answers
    const request = `${this.#link.id}-${++this.#count}`
    this.#link.alive.begin()
    let timer: NodeJS.Timeout | undefined
    try {
      await new Promise<void>((resolve) => {
        this.#open.set(request, { answers, missing, done: resolve })
        const message: Message = { kind: 'ask', ...question, from: this.#link.id, request }
        if (patience === null) void this.#lookAfter(request, missing, message)
        else timer = setTimeout(resolve, patience).unref()
        void this.#link.tellAll(message)
      })
    } finally {
      clearTimeout(timer)
      this.#open.delete(request)
      this.#link.alive.end()
    }
    return answers
  }

  /** Those that were killed say nothing; a Redis that lost all has lost the question. */
  async #lookAfter(request: string, missing: Set<string>, question: Message): Promise<void> {
    const away = new Map<string, number>()
    for (let round = 1; ; round++) {
      await pause(LOOK, undefined, { ref: false })
      const open = this.#open.get(request)
      if (open === undefined) return
      // Just after an outage, others were cut off, too: they come back one after another.
      const there = this.#link.isJustBack
        ? missing
        : new Set(await this.#link.present([...missing]).catch(() => missing))
      for (const node of missing) {
        const looks = there.has(node) ? 0 : (away.get(node) ?? 0) + 1
        away.set(node, looks)
        if (looks >= LOOKS) missing.delete(node)
      }
      if (missing.size === 0) open.done()
      else if (round % LOOKS === 0) void this.#link.tellAll(question)
    }
  }

  answered({ request, node, answer }: Extract<Message, { kind: 'answer' }>): void {
    const open = this.#open.get(request)
    if (open === undefined) return
    open.answers.set(node, answer)
    open.missing.delete(node)
    if (open.missing.size === 0) open.done()
  }
}
