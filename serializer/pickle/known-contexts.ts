// Which contexts (V8's: what holds the variables of one run of a scope) functions have in common, as far as a variable
// of theirs has told. All variables of a context are shared by the same functions, so one of them tells of the others.
import type { Use } from './variable-use.ts'

export class KnownContexts {
  /** By function and depth, some object for each context. */
  readonly #contexts = new Map<object, Map<number, object>>()

  /** These use one variable, and nobody else who was asked with them does. */
  note(uses: readonly Use[]): void {
    const context = {}
    for (const { record, binding } of uses) {
      let known = this.#contexts.get(record.fn)
      if (!known) this.#contexts.set(record.fn, (known = new Map()))
      known.set(binding.depth, context)
    }
  }

  /** Uses of variables of one name, by variable; null if that is not known of all. */
  split(uses: readonly Use[]): Use[][] | null {
    const groups = new Map<object, Use[]>()
    for (const use of uses) {
      const context = this.#contexts.get(use.record.fn)?.get(use.binding.depth)
      if (context === undefined) return null
      const group = groups.get(context)
      if (group) group.push(use)
      else groups.set(context, [use])
    }
    return [...groups.values()]
  }
}
