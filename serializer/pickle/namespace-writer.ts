// The members of module namespaces in a graph: those that functions use, or all where the whole namespace is a value. Which
// ones is known when everything else was seen, so they are written at the graph's end.
import type { GraphWriter } from './graph-writer.ts'
import { LiveMembers, readMember } from './live-members.ts'
import { Attribute, More, Op } from './opcodes.ts'

const { ownKeys } = Reflect

export class NamespaceWriter {
  readonly #graph: GraphWriter
  readonly #wanted = new Map<object, Set<string>>()
  readonly #sent = new Map<object, Set<string>>()
  readonly #sentGetters = new Map<object, Set<string>>()

  constructor(graph: GraphWriter) {
    this.#graph = graph
  }

  has(namespace: object): boolean {
    return this.#wanted.has(namespace)
  }

  all(): Iterable<object> {
    return this.#wanted.keys()
  }

  /** Some members. One that is no news, and is not here, is wanted whole already. */
  want(namespace: object, members: readonly string[], isNew: boolean): void {
    const narrowed = this.#wanted.get(namespace)
    if (narrowed) for (const member of members) narrowed.add(member)
    else if (isNew) this.#wanted.set(namespace, new Set(members))
  }

  wantAll(namespace: object): void {
    this.#wanted.set(
      namespace,
      new Set(ownKeys(namespace).filter((key): key is string => typeof key === 'string')),
    )
  }

  /** Writes members that were not written yet. Returns whether there were any. */
  writeMore(): boolean {
    const graph: GraphWriter = this.#graph
    for (const [namespace, wanted] of this.#wanted) {
      let sent = this.#sent.get(namespace)
      if (!sent) this.#sent.set(namespace, (sent = new Set()))
      const fresh = [...wanted].filter((name) => !sent.has(name))
      if (fresh.length === 0) continue
      this.#begin(namespace, fresh.length)
      for (const name of fresh) {
        sent.add(name)
        graph.string(name)
        graph.step('property', name)
        const member = readMember(namespace, name)
        if (member.kind === 'value') graph.value(member.value)
        else this.#getter(member.getter)
      }
      return true
    }
    return false
  }

  /**
   * Writes members again, as getters, whose variable a function of the graph assigns: that is known when all functions
   * are. Returns whether there were any.
   */
  writeLive(): boolean {
    const graph: GraphWriter = this.#graph
    const live = new LiveMembers(graph.functions.records)
    let any = false
    for (const [namespace, names] of this.#sent) {
      let done = this.#sentGetters.get(namespace)
      if (!done) this.#sentGetters.set(namespace, (done = new Set()))
      for (const name of names) {
        const getter = done.has(name) ? undefined : live.getterOf(namespace, name)
        if (!getter) continue
        done.add(name)
        any = true
        this.#begin(namespace, 1)
        graph.string(name)
        graph.step('property', name)
        this.#getter(getter)
        graph.drain()
      }
    }
    return any
  }

  #begin(namespace: object, count: number): void {
    const graph: GraphWriter = this.#graph
    graph.byte(More.Members)
    graph.varint(graph.numberOf(namespace))
    graph.varint(count)
    graph.trace?.enter(namespace)
  }

  #getter(getter: () => unknown): void {
    const graph: GraphWriter = this.#graph
    graph.byte(Op.Accessor)
    graph.byte(Attribute.Enumerable)
    graph.value(getter)
    graph.value(undefined)
  }
}
