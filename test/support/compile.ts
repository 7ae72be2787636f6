// TypeScript and bundled code as the tools of today emit it, to be a row's source text.
import { buildSync, type TransformOptions, transformSync } from 'esbuild'
import typescript from 'typescript'

/** What tsc emits for one file. */
export function tsc(text: string, options: typescript.CompilerOptions = {}): string {
  return typescript.transpileModule(text, {
    compilerOptions: {
      target: typescript.ScriptTarget.ES2022,
      module: typescript.ModuleKind.ESNext,
      moduleDetection: typescript.ModuleDetectionKind.Force,
      ...options,
    },
    fileName: 'case.ts',
  }).outputText
}

/** What tsc emits for CommonJS, with its interop helpers. */
export function tscCommonJs(text: string, options: typescript.CompilerOptions = {}): string {
  return tsc(text, { module: typescript.ModuleKind.CommonJS, esModuleInterop: true, ...options })
}

/** What esbuild makes of one file. */
export function esbuild(text: string, options: TransformOptions = {}): string {
  return transformSync(text, { loader: 'ts', target: 'node20', ...options }).code
}

/** What esbuild makes of a file and those it imports, in one. */
export function esbuildBundle(
  files: Record<string, string>,
  options: { format: 'esm' | 'cjs'; minify?: boolean; keepNames?: boolean },
): string {
  const result = buildSync({
    stdin: { contents: files['case.ts']!, loader: 'ts', resolveDir: '/virtual', sourcefile: 'case.ts' },
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    ...options,
  })
  return result.outputFiles[0]!.text
}

export { typescript }
