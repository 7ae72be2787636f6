// A reference: where to find a value in another process.
//
// A path has a step for each property, joined by dots: `prototype.push`, `@iterator` for a well-known symbol,
// `@@key` for a registered one, `<size` and `>size` for the getter and setter of a property, `^` for the prototype.
// `~kState` is an own symbol key itself, by its description, and `=~kState` the property under it.
// A dot within a name is `%2E`, a percent sign `%25`.

export type Reference =
  /** From the global object or a hidden intrinsic: `Array.prototype.push`, `%AsyncFunction%.^`. */
  | { readonly kind: 'intrinsic'; readonly path: string }
  /** From a built-in module's export object; `*` is its namespace as an ES module. */
  | { readonly kind: 'builtin'; readonly module: string; readonly path: string }
  | PackageReference

/** From a package, or (by request) one of the user's modules; the empty path is the whole module. */
export interface PackageReference {
  readonly kind: 'package'
  readonly specifier: string
  readonly path: readonly string[]
  /** The version that the sender has. */
  readonly version: string | null
  /** Reached by import: the module that `import` gives, where `require` gives another. */
  readonly esm: boolean
  /** The packages, one within the other, that have it in a node_modules of their own. */
  readonly via?: readonly string[]
  /** Of a class or a prototype: how many own properties the prototype has at the sender's. */
  readonly members?: number
}
