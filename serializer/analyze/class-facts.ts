// The parts of a class body and of property keys, as ranges of the text (spec 15.7, 13.2.5).
import type { AnyNode, Expression, PrivateIdentifier } from 'acorn'
import { afterSuper, assignedFirst } from './constructor-start.ts'
import type { ClassElement, ClassFacts, ElementKind, KeyFacts, Range } from './facts.ts'
import type { ClassNode, ElementNode } from './nodes.ts'
import { isPure } from './pure.ts'
import { bracketsOfKey, closeParentheses, skipToken } from './text.ts'

/** A method, accessor or field. */
export interface Keyed {
  readonly start: number
  readonly key: Expression | PrivateIdentifier
  readonly computed: boolean
}

/** Turns the node of a class or method into facts about `text`, in which it starts at -`offset`. */
export class KeyReader {
  readonly #text: string
  readonly #offset: number
  readonly #freeIn: (key: AnyNode) => readonly string[]

  constructor(text: string, offset: number, freeIn: (key: AnyNode) => readonly string[]) {
    this.#text = text
    this.#offset = offset
    this.#freeIn = freeIn
  }

  class(node: ClassNode): ClassFacts {
    const bodyNode = node.body
    return {
      heritage: this.#heritage(node),
      body: { start: bodyNode.start - this.#offset + 1, end: bodyNode.end - this.#offset - 1 },
      elements: bodyNode.body.map((element) => this.#element(element)),
    }
  }

  key(node: Keyed): KeyFacts {
    const { key } = node
    if (key.type === 'PrivateIdentifier') return { kind: 'private', name: key.name }
    if (!node.computed)
      return { kind: 'static', name: constantKey(key) ?? (key.type === 'Identifier' ? key.name : '') }
    const range = this.#brackets(node)
    return {
      kind: 'computed',
      range,
      expression: { start: range.start + 1, end: range.end - 1 },
      constant: constantKey(key),
      free: this.#freeIn(key),
    }
  }

  /** `class A extends (B) {`: the heritage with its parentheses. */
  #heritage(node: ClassNode): ClassFacts['heritage'] {
    const { superClass, id } = node
    if (!superClass) return null
    const nameEnd = id ? id.end - this.#offset : 'class'.length
    return {
      start: skipToken(this.#text, nameEnd, 'extends'.length),
      end: closeParentheses(this.#text, superClass.end - this.#offset),
      isNull: superClass.type === 'Literal' && superClass.raw === 'null',
    }
  }

  #element(node: ElementNode): ClassElement {
    const range = { start: node.start - this.#offset, end: node.end - this.#offset }
    if (node.type === 'StaticBlock') {
      return {
        kind: 'static-block',
        isStatic: true,
        key: null,
        range,
        functionStart: range.start,
        initializer: null,
        pure: false,
        bodyStart: null,
        assignsFirst: null,
        afterSuper: null,
      }
    }
    const isField = node.type === 'PropertyDefinition'
    const kind: ElementKind = isField ? 'field' : node.kind
    const afterStatic = node.static ? skipToken(this.#text, range.start, 'static'.length) : range.start
    return {
      kind,
      isStatic: node.static,
      key: this.key(node),
      range,
      functionStart: isField ? range.start : afterStatic,
      initializer: isField ? this.#initializer(node) : null,
      pure: !isField || !node.value || isPure(node.value),
      bodyStart: kind === 'constructor' && !isField ? node.value.body.start - this.#offset + 1 : null,
      assignsFirst: kind === 'constructor' && !isField ? assignedFirst(node.value) : null,
      afterSuper: kind === 'constructor' && !isField ? afterSuper(node.value) : null,
    }
  }

  /** A field's initializer with its parentheses. */
  #initializer(node: Extract<ElementNode, { type: 'PropertyDefinition' }>): Range | null {
    if (!node.value) return null
    const keyEnd = node.computed ? this.#brackets(node).end : node.key.end - this.#offset
    return {
      start: skipToken(this.#text, keyEnd, '='.length),
      end: closeParentheses(this.#text, node.value.end - this.#offset),
    }
  }

  #brackets({ key, start }: Keyed): Range {
    return bracketsOfKey(this.#text, start - this.#offset, key.end - this.#offset)
  }
}

/** The key that a literal names, or null. */
function constantKey(key: Expression | PrivateIdentifier): string | null {
  if (key.type === 'Literal') return key.regex === undefined ? String(key.bigint ?? key.value) : null
  if (key.type === 'TemplateLiteral' && key.expressions.length === 0)
    return key.quasis[0].value.cooked ?? null
  return null
}
