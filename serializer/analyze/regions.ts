// The parts of a script that are asked for by offset: strict code, functions, classes, homes of `super`.
import type { AnyNode } from 'acorn'
import type { HomeRange, Range } from './facts.ts'
import { type ClassNode, type ElementNode, hasUseStrict, privateNamesOf } from './nodes.ts'
import { RangeTree } from './ranges.ts'

interface ClassRegion {
  readonly range: Range
  readonly bodyStart: number
  /** The private names that it declares, if any. */
  readonly privateNames: ReadonlySet<string> | null
}

/** Gathers the parts while the script is parsed, without walking its tree. */
export class Regions {
  readonly #strict = new RangeTree<true>()
  readonly #classes = new RangeTree<ClassRegion>()
  /** Functions of all kinds, and whether each is a declaration. */
  readonly #functions = new RangeTree<boolean>()
  /** The methods and accessors of object literals from their keys on, with their literals. */
  readonly #objectMethods = new RangeTree<Range>()
  /** What has a home object (spec 10.2.7): the functions of methods and accessors, initializers, static blocks. */
  readonly #homes = new RangeTree<HomeRange>()

  strictAt(offset: number): boolean {
    return this.#strict.innermost(offset) !== null
  }

  classAround(offset: number): Range | null {
    return this.#classes.innermost(offset)?.range ?? null
  }

  classDeclaring(offset: number, privateName: string): Range | null {
    // Private names are visible in the body and not in the heritage (spec 15.7.14).
    const declares = ({ bodyStart, privateNames }: ClassRegion) =>
      privateNames?.has(privateName) === true && bodyStart <= offset
    return this.#classes.innermost(offset, declares)?.range ?? null
  }

  objectAround(offset: number): Range | null {
    return this.#objectMethods.innermost(offset)
  }

  homeAround(offset: number): HomeRange | null {
    return this.#homes.innermost(offset)
  }

  declarationAt(offset: number): boolean {
    return this.#functions.innermost(offset) === true
  }

  addStrict(start: number, end: number): void {
    this.#strict.add(start, end, true)
  }

  /** To be called with every node of the script when it is parsed. */
  add(node: AnyNode): void {
    switch (node.type) {
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        this.#functions.add(node.start, node.end, node.type === 'FunctionDeclaration')
        if (hasUseStrict(node)) this.addStrict(node.start, node.end)
        return
      case 'ClassDeclaration':
      case 'ClassExpression':
        this.#addClass(node)
        return
      case 'ObjectExpression': {
        const object: HomeRange = { kind: 'object', isStatic: false, start: node.start, end: node.end }
        for (const property of node.properties) {
          if (property.type !== 'Property' || (property.kind === 'init' && !property.method)) continue
          this.#objectMethods.add(property.start, property.end, object)
          this.#homes.add(property.value.start, property.value.end, object)
        }
      }
    }
  }

  #addClass(node: ClassNode): void {
    const { start, end } = node
    // Spec 11.2.2: "All parts of a ClassDeclaration or a ClassExpression are strict mode code."
    this.addStrict(start, end)
    const privateNames = privateNamesOf(node)
    this.#classes.add(start, end, {
      range: { start, end },
      bodyStart: node.body.start,
      privateNames: privateNames.size > 0 ? privateNames : null,
    })
    const homes: readonly HomeRange[] = [false, true].map((isStatic) => ({
      kind: 'class',
      isStatic,
      start,
      end,
    }))
    for (const element of node.body.body) {
      const code = codeOf(element)
      const isStatic = element.type === 'StaticBlock' || element.static
      if (code) this.#homes.add(code.start, code.end, homes[Number(isStatic)])
    }
  }
}

/** The part of a class element in which `super` means that class's. */
function codeOf(element: ElementNode): AnyNode | null {
  return element.type === 'StaticBlock' ? element : (element.value ?? null)
}
