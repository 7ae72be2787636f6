// Questions to all workers of the fleet: each answers into the inbox of who asked.
import { clearTimeout, setTimeout } from '../../serializer/globals.ts'
import type { Link } from './link.ts'
import type { Message } from './messages.ts'

const PATIENCE = 3_000

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

  /** The answers of the nodes, by node; without those of nodes that are gone meanwhile. */
  async ask(
    what: Extract<Message, { kind: 'ask' }>['what'],
    nodes: Iterable<string>,
    patience = PATIENCE,
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
        timer = setTimeout(resolve, patience).unref()
        void this.#link.tellAll({ kind: 'ask', what, from: this.#link.id, request })
      })
    } finally {
      clearTimeout(timer)
      this.#open.delete(request)
      this.#link.alive.end()
    }
    return answers
  }

  answered({ request, node, answer }: Extract<Message, { kind: 'answer' }>): void {
    const open = this.#open.get(request)
    if (open === undefined) return
    open.answers.set(node, answer)
    open.missing.delete(node)
    if (open.missing.size === 0) open.done()
  }
}
