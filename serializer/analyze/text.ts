// What of a source text is no token: white space and comments (spec 12.2 to 12.4), for finding the tokens
// that acorn's tree leaves out (`static`, `extends`, `=`, parentheses).
import type { Range } from './facts.ts'

const trivia = /(?:[\s\u180e]|\/\*[\s\S]*?\*\/|\/\/[^\n\r\u2028\u2029]*)*/y

/** The offset of the first token at or behind `position`. */
export function skipTrivia(text: string, position: number): number {
  trivia.lastIndex = position
  trivia.exec(text)
  return trivia.lastIndex
}

/** The offset of the first token behind the token of `length` that starts at or behind `position`. */
export function skipToken(text: string, position: number, length: number): number {
  return skipTrivia(text, skipTrivia(text, position) + length)
}

/** The offset just behind the closing parentheses that follow `end`; `end` if none does. */
export function closeParentheses(text: string, end: number): number {
  for (;;) {
    const next = skipTrivia(text, end)
    if (text.charCodeAt(next) !== 41 /* ) */) return end
    end = next + 1
  }
}

const modifiers = /(?:\*|[a-z]+)/y

/**
 * The brackets of a computed key. `start` is where its method or field starts, with `static`, `async`, `get`,
 * `set` and `*`; `expressionEnd` is the end of the key's expression without its parentheses.
 */
export function bracketsOfKey(text: string, start: number, expressionEnd: number): Range {
  let position = skipTrivia(text, start)
  while (text.charCodeAt(position) !== 91 /* [ */) {
    modifiers.lastIndex = position
    if (!modifiers.test(text)) throw new SyntaxError('Not a computed key')
    position = skipTrivia(text, modifiers.lastIndex)
  }
  return { start: position, end: skipTrivia(text, closeParentheses(text, expressionEnd)) + 1 }
}
