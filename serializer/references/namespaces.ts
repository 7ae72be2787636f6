// The namespace objects of built-in modules (what `import * as` gives), had without waiting: an ES module that
// exports one again is compiled as `require` compiles ES modules, which every Node that we support does.
import { Module } from 'node:module'
import { fileURLToPath } from 'node:url'
import { types } from 'node:util'

interface CompilingModule {
  exports: unknown
  _compile(text: string, filename: string, format: 'module'): unknown
}
const compile = (Module.prototype as unknown as CompilingModule)._compile

const known = new Map<string, object>()

/** The namespace of a built-in module; `exports` is what `require` gives for it. */
export function builtinNamespace(specifier: string, exports: object): object {
  let namespace = known.get(specifier)
  if (!namespace) known.set(specifier, (namespace = compileNamespace(specifier) ?? lookAlike(exports)))
  return namespace
}

function compileNamespace(specifier: string): object | undefined {
  const name = `namespace-${specifier.replace(/\W/g, '-')}.mjs`
  const filename = fileURLToPath(new URL(name, import.meta.url))
  const module = new Module(filename) as unknown as CompilingModule
  try {
    const text = `export * as namespace from ${JSON.stringify(specifier)}`
    Reflect.apply(compile, module, [text, filename, 'module'])
    const { namespace } = module.exports as { namespace?: unknown }
    return types.isModuleNamespaceObject(namespace) ? (namespace as object) : undefined
  } catch {
    // A loader has put something else in the way.
    return undefined
  }
}

/** As far as it can be had without an import. */
function lookAlike(exports: object): object {
  const namespace = Object.create(null) as Record<PropertyKey, unknown>
  for (const key of Object.keys(exports).sort()) namespace[key] = (exports as Record<string, unknown>)[key]
  namespace.default = exports
  Object.defineProperty(namespace, Symbol.toStringTag, { value: 'Module' })
  return Object.freeze(namespace)
}
