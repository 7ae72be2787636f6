// Loaders that change the code around an `import()` (tsx does) change the whole chunk: so this one is alone in its own.

/** Imports what is known by name only when it runs. Rejects with what the module or its loader throws. */
export function importModule(specifier: string): Promise<object> {
  return import(specifier)
}
