// Where things are: the checkout, the built package, the Node under test.
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export const supportFolder = dirname(fileURLToPath(import.meta.url))
export const root = dirname(dirname(supportFolder))

/** The built package, as a child process imports it. */
export const distUrl =
  process.env.CORNICHON_STUB ?? pathToFileURL(join(root, 'dist', 'serializer', 'index.js')).href

/** A module of ours as tests have it (scripts/bundle.mjs), in dist's chunks: for programs that look at parts of a folder. */
export const moduleUrl = (path: string, folder = 'serializer'): string =>
  pathToFileURL(join(root, '.cache', 'tests', folder, path)).href

/** The Node that child processes run on; the matrix sets it. */
export const nodeBinary = process.env.CORNICHON_NODE ?? process.execPath
export const nodeMajor = Number(process.versions.node.split('.')[0])

/**
 * Whether this Node lacks what a row is about, which then is left out; a list of all rows, which runs none
 * (test/conformance/compatibility.test.ts), has it nevertheless.
 */
export const isTooNew = (node: number | undefined): boolean =>
  node !== undefined && nodeMajor < node && process.env.CORNICHON_EVERY_ROW === undefined

/** Arguments that make Node understand TypeScript. */
export const tsxArguments: readonly string[] = [
  '--import',
  pathToFileURL(join(root, 'node_modules', 'tsx', 'dist', 'loader.mjs')).href,
]
