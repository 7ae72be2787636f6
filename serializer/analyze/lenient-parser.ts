// acorn for code that V8 has already accepted: early errors (spec 17) are not looked for, and what is legal only in
// some context (super, new.target, private names) is let in.
import { type AnyNode, type Options, Parser, type Program, type TokenType, tokTypes } from 'acorn'

/** What is used of acorn's Parser as its plugins use it (acorn/README.md, "Plugin system"). */
interface Internals {
  type: TokenType
  value: string
  start: number
  next(): void
  parse(): Program
  parseMaybeUnary(errors: null, sawUnary: boolean, incDec: boolean, forInit: unknown): AnyNode
  buildBinary(
    start: number,
    loc: unknown,
    left: AnyNode,
    right: AnyNode,
    op: string,
    logical: boolean,
  ): AnyNode
  finishNode(node: AnyNode, type: string): AnyNode
}

const Base = Parser as unknown as new (options: Options, input: string) => Internals

/** An acorn parser for code that is known to be valid somewhere. */
export class LenientParser extends Base {
  /** `super(...)` in an arrow whose constructor is not in the text. */
  get allowDirectSuper(): boolean {
    return true
  }

  /** Early errors (redeclaration, reserved words in the wrong place, new.target outside a function). */
  raiseRecoverable(): void {}

  /** acorn looks for redeclarations in arrays: quadratic in the declarations of one scope. */
  declareName(): void {}

  validateRegExpFlags(): void {}
  validateRegExpPattern(): void {}

  /** acorn recurses for every term of `a + b + c + ...`; this loops. Otherwise the same. */
  parseExprOp(left: AnyNode, start: number, loc: unknown, minPrecedence: number, forInit: unknown): AnyNode {
    for (;;) {
      const { type } = this
      const precedence = forInit && type === tokTypes._in ? none : precedenceOf(type)
      if (precedence <= minPrecedence) return left
      const coalesce = type === tokTypes.coalesce
      const logical = coalesce || type === tokTypes.logicalOR || type === tokTypes.logicalAND
      const operator = this.value
      this.next()
      const rightStart = this.start
      const unary = this.parseMaybeUnary(null, false, false, forInit)
      // `??` binds as `&&`, so that the two don't mix without parentheses.
      const right = this.parseExprOp(unary, rightStart, loc, coalesce ? andPrecedence : precedence, forInit)
      left = this.buildBinary(start, loc, left, right, operator, logical)
    }
  }
}

/** Less than of any operator. */
const none = -2

function precedenceOf(type: TokenType): number {
  return (type as unknown as { readonly binop: number | null }).binop ?? none
}

const andPrecedence = precedenceOf(tokTypes.logicalAND)
