// The vocabulary of analyze/: what is known of a function or a script from its text alone.
import type { Declaration } from './declarations.ts'

/** How a function's own source text is written; decides how it is written again. */
export type FunctionForm = 'arrow' | 'function' | 'class' | 'method' | 'getter' | 'setter'

/** A half-open range of offsets into the text that was analyzed. */
export interface Range {
  readonly start: number
  readonly end: number
}

/**
 * A name that the function uses but does not declare. In order of first appearance.
 *
 * Of a class (or a method with a computed key), some code runs when it is defined and is gone when it is rebuilt:
 * the heritage, computed keys, static blocks, and static fields' initializers that are not pure. What is said
 * here is of the code that remains, unless there is none (`definitionOnly`).
 */
export interface FreeVariable {
  readonly name: string
  /** Some use assigns it (`=`, `+=`, `++`, destructuring, for-in/of target; `delete x` counts). */
  readonly written: boolean
  /** If every use is a plain read of a static member (`x.a`, `x['a']`, also optional), these members in order; else null. */
  readonly members: readonly string[] | null
  /** Every use is the operand of `typeof`. */
  readonly typeofOnly: boolean
  /** Every use is in code that runs only when the class (or the method's key) is defined. */
  readonly definitionOnly: boolean
}

/** A `super` that is followed by a property. */
export interface SuperRange extends Range {
  /** The property is called: `super.x()`. */
  readonly called: boolean
}

/** The key of a method, accessor or field. */
export type KeyFacts =
  | { readonly kind: 'static'; readonly name: string }
  | { readonly kind: 'private'; readonly name: string }
  /** `[expression]`: `range` includes the brackets, `expression` does not. `constant` is the key's value when it is a literal. */
  | {
      readonly kind: 'computed'
      readonly range: Range
      readonly expression: Range
      readonly constant: string | null
      readonly free: readonly string[]
    }

export type ElementKind = 'constructor' | 'method' | 'get' | 'set' | 'field' | 'static-block'

/** One element of a class body, in source order. */
export interface ClassElement {
  readonly kind: ElementKind
  readonly isStatic: boolean
  readonly key: KeyFacts | null // null for a static block
  /** The whole element, with `static` and the closing brace or semicolon. */
  readonly range: Range
  /** Where the function of a method begins as V8 reports it by toString (after `static`); the element's start for others. */
  readonly functionStart: number
  /** A field's initializer expression, or null. */
  readonly initializer: Range | null
  /** The initializer has no effect and reads nothing but literals (also function and arrow expressions; [] and {} of such). */
  readonly pure: boolean
  /** For the constructor: the offset just behind the `{` of its body. */
  readonly bodyStart: number | null
  /** For the constructor: the public property of its object that it assigns before anything that has an effect. */
  readonly assignsFirst: string | null
  /** For the constructor: what it does after a harmless `super(...)`, if that is its beginning. */
  readonly afterSuper: AfterSuper | null
}

/** Assignments to `this` of nothing that has an effect, and whether the constructor ends after them. */
export interface AfterSuper {
  /** The properties' names; `#x` for a private field. */
  readonly assigns: readonly string[]
  readonly ends: boolean
}

export interface ClassFacts {
  /** The heritage expression, if any; `isNull` when it is the literal null. */
  readonly heritage: (Range & { readonly isNull: boolean }) | null
  /** Offsets just behind `{` and at `}`. */
  readonly body: Range
  readonly elements: readonly ClassElement[]
}

/** How a debugger stops a function, or a class's constructor, before anything in its body has an effect. */
export interface EntryFacts {
  /** Of V8's places to stop at that are not in front of this offset, the first in the order of its bytecode. */
  readonly offset: number
  /** Parameters are plain names (spec IsSimpleParameterList): nothing is evaluated before the body. */
  readonly isSimple: boolean
  /** Names of what is extended by classes that are defined before that: the `prototype` of it is read. */
  readonly heritages: readonly string[]
  /** Names of the function that esbuild's static blocks call to name those classes. */
  readonly namers: readonly string[]
}

/** What is known of one function (or class) from its own text, as `Function.prototype.toString` gives it. */
export interface FunctionFacts {
  readonly text: string
  readonly form: FunctionForm
  readonly isAsync: boolean
  readonly isGenerator: boolean
  /** The function's own binding identifier (function declaration/expression or class), else null. */
  readonly ownName: string | null
  /** The own name is used inside, meaning the function itself (in a class: by code that remains). */
  readonly ownNameUsed: boolean
  /** The own name is assigned inside. In a function declaration that assigns the variable outside. */
  readonly ownNameWritten: boolean
  /** Methods and accessors: the key. */
  readonly key: KeyFacts | null
  /** What `length` is at first (spec ExpectedArgumentCount); of a class, its constructor's. */
  readonly length: number
  /** Its own directive prologue has 'use strict' (or it is a class). */
  readonly ownStrict: boolean
  readonly free: readonly FreeVariable[]
  /** The enclosing function's this / arguments / new.target are used by an arrow or an arrow in it (not by a class's heritage or computed keys, which are gone when it is rebuilt). */
  readonly lexicalThis: boolean
  readonly lexicalArguments: boolean
  readonly lexicalNewTarget: boolean
  /** `super.x` that needs a home object from outside: methods and accessors (own home object) and arrows (the enclosing method's). */
  readonly superProperty: boolean
  readonly superRanges: readonly SuperRange[]
  /** `super(...)` in an arrow, bound to an enclosing constructor. */
  readonly superCall: boolean
  /** A direct eval somewhere inside, which may name anything in scope. (Of a class, this and the rest is told of the code that remains.) */
  readonly directEval: boolean
  readonly usesWith: boolean
  /** Private names used but not declared inside (without the #). */
  readonly privateNames: readonly string[]
  readonly importMeta: boolean
  /** `import(...)` occurs. */
  readonly dynamicImport: boolean
  /** Every `import.meta` and every `import` keyword of an `import(...)`: to be rewritten. Of a class's whole text. */
  readonly importMetaRanges: readonly Range[]
  readonly dynamicImportRanges: readonly Range[]
  /** A parameter pattern has a computed key, so that calling it may run user code before the body. */
  readonly computedParameterKeys: boolean
  readonly classFacts: ClassFacts | null
  /** Null if it can't be told that it is stopped before any effect; also for a class without a constructor. */
  readonly entry: EntryFacts | null
  /** The names of parameters that are plain names. */
  readonly parameterNames: readonly string[]
}

export type { Declaration }

/** An import binding of a module's text. */
export interface ImportBinding {
  readonly local: string
  readonly specifier: string
  /** The export's name, 'default', or '*' for a namespace. */
  readonly imported: string
}

/** A class or object literal that is the home object of a method (a class's static methods: the class itself). */
export interface HomeRange extends Range {
  readonly kind: 'class' | 'object'
  readonly isStatic: boolean
}

/**
 * What is known of a whole script or module. Offsets are V8's for a function: the parenthesis of its parameters
 * (of a class, its constructor's), or the start of an arrow or of a class without constructor.
 */
export interface ScriptFacts {
  readonly imports: ReadonlyMap<string, ImportBinding>
  /** What the name means in code at that offset, if the script declares it. */
  declarationOf(offset: number, name: string): Declaration | null
  /** Does the script assign the variable that it declares so, anywhere else? */
  isAssigned(declaration: Declaration): boolean
  /** Does what begins at that offset exist once for a run of the script: is it in no loop, and in no function but those called where they stand? */
  isRunOnce(offset: number): boolean
  /** Is the code at that offset strict? */
  strictAt(offset: number): boolean
  /** The innermost class around that offset (also one that starts there): the range of its text, or null. */
  classAround(offset: number): Range | null
  /** The innermost class around that offset that declares the private name (without the #) and lets it be seen there. */
  classDeclaring(offset: number, privateName: string): Range | null
  /** The innermost object literal whose method (or accessor) starts at or encloses that offset, or null. */
  objectAround(offset: number): Range | null
  /** The class or object literal that `super` refers to there, or null. */
  homeAround(offset: number): HomeRange | null
  /** Is the innermost function around that offset a function declaration? */
  declarationAt(offset: number): boolean
}
