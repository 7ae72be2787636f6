// C21: the program as compilers emit it, and as tools that compile while they load run it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type BuildOptions, buildSync, type TransformOptions, transformSync } from 'esbuild'
import typescript from 'typescript'
import { root } from '../../support/paths.ts'
import { sendFile, type ToolchainCase, tsxLoader } from '../../support/toolchain.ts'
import { createWorkspace } from '../../support/workspace.ts'
import { exercise, expected, type ProgramOptions, program } from './program.ts'

const { ModuleKind, ScriptTarget } = typescript

/** What send.mjs listens to. */
const ending = `;(process as any).emit('send', value)`
const importSend = ['--import', sendFile]
const sourceMaps = ['--enable-source-maps', ...importSend]

/** What stays the same whatever compiles the program. */
const proof = (names: boolean) => ({
  exercise,
  expected: JSON.parse(JSON.stringify({ ...expected, names: names ? expected.names : undefined })),
  names,
})

const packageJson = (commonJs: boolean) => JSON.stringify({ type: commonJs ? 'commonjs' : 'module' })

function tsc(
  title: string,
  options: typescript.CompilerOptions,
  written: ProgramOptions = {},
  run: readonly string[] = importSend,
): ToolchainCase {
  const compilerOptions = {
    esModuleInterop: true,
    importHelpers: false,
    downlevelIteration: true,
    ...options,
  }
  const files = () => {
    const files: Record<string, string> = {
      'package.json': packageJson(options.module === ModuleKind.CommonJS),
    }
    for (const [name, text] of Object.entries(program({ ending, ...written }))) {
      const { outputText, sourceMapText } = typescript.transpileModule(text, {
        compilerOptions,
        fileName: `${name}.ts`,
      })
      files[`${name}.js`] = outputText
      if (sourceMapText) files[`${name}.js.map`] = sourceMapText
    }
    return files
  }
  return { title, files, run: [...run, 'main.js'], ...proof(true) }
}

function esbuild(title: string, options: TransformOptions, written: ProgramOptions = {}): ToolchainCase {
  const files = () => {
    const files: Record<string, string> = { 'package.json': packageJson(options.format === 'cjs') }
    for (const [name, text] of Object.entries(program({ ending, ...written })))
      files[`${name}.js`] = transformSync(text, { loader: 'ts', target: 'node20', ...options }).code
    return files
  }
  return {
    title,
    files,
    run: [...importSend, 'main.js'],
    ...proof(options.keepNames === true || !options.minify),
  }
}

function bundle(title: string, options: BuildOptions, written: ProgramOptions = {}): ToolchainCase {
  const files = () => {
    const workspace = createWorkspace()
    try {
      for (const [name, text] of Object.entries(program({ ending, ...written })))
        workspace.write({ [`${name}.ts`]: text })
      buildSync({
        entryPoints: [workspace.path('main.ts')],
        outfile: workspace.path('out.js'),
        bundle: true,
        platform: 'node',
        target: 'node20',
        external: ['greeter', 'tools'],
        ...options,
      })
      return {
        'package.json': packageJson(options.format !== 'esm'),
        'out.js': readFileSync(workspace.path('out.js'), 'utf8'),
      }
    } finally {
      workspace.remove()
    }
  }
  return {
    title,
    files,
    run: [...importSend, 'out.js'],
    ...proof(options.keepNames === true || !options.minify),
  }
}

const modules = { module: ModuleKind.ESNext }
const commonJs = { module: ModuleKind.CommonJS }
const legacy = { experimentalDecorators: true }
const withLegacy = { decorators: 'legacy' } as const

/** The program as TypeScript, which Node or a loader of it makes into JavaScript while it runs. */
function typescriptFiles(
  more: Record<string, string>,
  written: ProgramOptions = {},
): () => Record<string, string> {
  return () => {
    const texts = Object.entries(program({ ending, ...written }))
    return { ...Object.fromEntries(texts.map(([name, text]) => [`${name}.ts`, text])), ...more }
  }
}

const tsxFile = (...path: string[]) => join(root, 'node_modules', 'tsx', 'dist', ...path)
const tsxUrl = (...path: string[]) => pathToFileURL(tsxFile(...path)).href
const esm = { 'package.json': packageJson(false) }
const cjs = { 'package.json': packageJson(true) }

export const compiled: readonly ToolchainCase[] = [
  tsc('tsc to ES modules, ESNext', { ...modules, target: ScriptTarget.ESNext }, { decorators: 'none' }),
  tsc('tsc to ES modules, ES2022, standard decorators', { ...modules, target: ScriptTarget.ES2022 }),
  tsc(
    'tsc to ES modules, ES2022, the first decorators, fields assigned',
    { ...modules, ...legacy, target: ScriptTarget.ES2022, useDefineForClassFields: false },
    withLegacy,
  ),
  tsc('tsc to ES modules, ES2017', { ...modules, target: ScriptTarget.ES2017 }),
  tsc('tsc to ES modules, ES5', { ...modules, ...legacy, target: ScriptTarget.ES5 }, withLegacy),
  tsc('tsc to CommonJS, ES2022', { ...commonJs, target: ScriptTarget.ES2022 }),
  tsc('tsc to CommonJS, ES2017', { ...commonJs, target: ScriptTarget.ES2017 }),
  tsc('tsc to CommonJS, ES5', { ...commonJs, ...legacy, target: ScriptTarget.ES5 }, withLegacy),
  tsc(
    'tsc to CommonJS under --enable-source-maps',
    { ...commonJs, target: ScriptTarget.ES2015, sourceMap: true },
    {},
    sourceMaps,
  ),
  tsc(
    'tsc to ES modules with inline source maps under --enable-source-maps',
    { ...modules, target: ScriptTarget.ES2022, inlineSourceMap: true },
    {},
    sourceMaps,
  ),

  esbuild('esbuild, a file at a time, ES modules', { format: 'esm' }),
  esbuild('esbuild, a file at a time, CommonJS, names kept', { format: 'cjs', keepNames: true }),
  esbuild('esbuild, a file at a time, minified, ES2017', { format: 'esm', minify: true, target: 'es2017' }),
  bundle('esbuild, bundled to an ES module', { format: 'esm' }),
  bundle('esbuild, bundled to an ES module, minified', { format: 'esm', minify: true }),
  bundle('esbuild, bundled to an ES module, minified, names kept', {
    format: 'esm',
    minify: true,
    keepNames: true,
  }),
  bundle('esbuild, bundled to CommonJS', { format: 'cjs' }),
  bundle('esbuild, bundled to CommonJS, minified, ES2017', { format: 'cjs', minify: true, target: 'es2017' }),
  bundle('esbuild, bundled to CommonJS, minified, names kept', {
    format: 'cjs',
    minify: true,
    keepNames: true,
  }),
  bundle(
    'esbuild, bundled to one function, minified, names kept',
    {
      format: 'iife',
      minify: true,
      keepNames: true,
      tsconfigRaw: { compilerOptions: { ...legacy, useDefineForClassFields: false } },
    },
    withLegacy,
  ),

  {
    title: 'tsx, ES modules, by --import',
    files: typescriptFiles(esm),
    run: ['--import', tsxLoader, ...importSend, 'main.ts'],
    ...proof(true),
  },
  {
    title: 'tsx, CommonJS, by --import',
    files: typescriptFiles(cjs),
    run: ['--import', tsxLoader, ...importSend, 'main.ts'],
    ...proof(true),
  },
  {
    title: 'tsx as a command, first decorators by tsconfig.json',
    files: typescriptFiles(
      {
        ...esm,
        'tsconfig.json': JSON.stringify({ compilerOptions: { ...legacy, useDefineForClassFields: false } }),
      },
      withLegacy,
    ),
    run: [tsxFile('cli.mjs'), ...importSend, 'main.ts'],
    ...proof(true),
  },
  {
    title: "tsx's tsImport",
    files: typescriptFiles({
      ...esm,
      'start.mjs': `
        import { tsImport } from ${JSON.stringify(tsxUrl('esm', 'api', 'index.mjs'))}
        await tsImport('./main.ts', import.meta.url)`,
    }),
    run: [...importSend, 'start.mjs'],
    ...proof(true),
  },
  {
    title: "tsx's require",
    files: typescriptFiles({
      ...cjs,
      'start.cjs': `require(${JSON.stringify(tsxFile('cjs', 'api', 'index.cjs'))}).require('./main.ts', __filename)`,
    }),
    run: [...importSend, 'start.cjs'],
    ...proof(true),
  },
  {
    title: "Node's own type stripping, ES modules",
    node: 22,
    files: typescriptFiles(esm, { erasable: true, extension: '.ts', decorators: 'none' }),
    run: ['--experimental-strip-types', ...importSend, 'main.ts'],
    ...proof(true),
  },
  {
    title: "Node's own type stripping with CommonJS around it",
    node: 22,
    files: typescriptFiles(
      { ...esm, 'start.cjs': `import('./main.ts')` },
      { erasable: true, extension: '.ts', decorators: 'none' },
    ),
    run: ['--experimental-strip-types', ...importSend, 'start.cjs'],
    ...proof(true),
  },
]
