// Proves rows in one mode: dumped by a process that has the sources, which are deleted then; loaded by another;
// loaded, dumped again and loaded by two more.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { dumpRow } from './child/dump-row.mjs'
import { runRows, type StageReport } from './children.ts'
import { asExpression, asProperty } from './function-text.ts'
import { distUrl, root, supportFolder, tsxArguments } from './paths.ts'
import { againModesOf, type Mode, modesOf, type Row } from './rows.ts'
import { createWorkspace, type Workspace } from './workspace.ts'

export interface RowResult {
  /** Building, dumping, loading, checking: all that the row promises. */
  readonly reports: readonly StageReport[]
  /** The same for the copy of the copy. */
  readonly again: readonly StageReport[]
  /** The row allows to be refused, and was. */
  readonly refused: boolean
}

const extension = { esm: 'mjs', cjs: 'cjs', tsx: 'ts', vitest: 'mjs' } as const satisfies Record<Mode, string>

export async function runTable(given: readonly Row[], mode: Mode): Promise<Map<string, RowResult>> {
  // A snapshot takes as long as the heap is large, and each row leaves something there.
  const rows = [...given].sort((a, b) => Number(b.takesSnapshot ?? false) - Number(a.takesSnapshot ?? false))
  const workspace = createWorkspace()
  try {
    writeFunctions(workspace, rows)
    const dumped =
      mode === 'vitest' ? await dumpHere(workspace, rows) : await dumpThere(workspace, rows, mode)
    workspace.remove('original')
    workspace.remove('sender')
    const loadable = rows.filter((row) => existsSync(bundleFile(workspace, row)))
    const [loaded, again] = await Promise.all([
      load(workspace, loadable, mode, 'loaded'),
      loadAgain(
        workspace,
        loadable.filter((row) => againModesOf(row).includes(mode)),
        mode,
      ),
    ])
    const all = [...dumped, ...loaded]
    return new Map(
      rows.map((row) => [
        row.key,
        {
          reports: all.filter((report) => report.row === row.key),
          again: again.filter((report) => report.row === row.key),
          refused: all.some((report) => report.row === row.key && report.refused === true),
        },
      ]),
    )
  } finally {
    workspace.remove()
  }
}

const bundleFile = (workspace: Workspace, row: Row) => workspace.path('bundles', `${row.key}.bin`)
const againFile = (workspace: Workspace, row: Row) => workspace.path('bundles', `${row.key}.again.bin`)
const script = (name: string) => join(supportFolder, 'child', name)

/** The checks, which both sides import; no source of a row is among them. */
function writeFunctions(workspace: Workspace, rows: readonly Row[]): void {
  const entries = rows.map((row) => {
    const functions = [
      row.check && asProperty('check', row.check),
      row.dump && asProperty('dump', row.dump),
      row.load && asProperty('load', row.load),
      row.bundle && asProperty('bundle', row.bundle),
    ].filter((text) => text !== undefined)
    return `${JSON.stringify(row.key)}: {\n${functions.join(',\n')}\n}`
  })
  workspace.write({
    'functions/functions.mjs': `export const functionsOf = {\n${entries.join(',\n')}\n}\n`,
    'bundles/about.txt': 'What dumps returned, a file for each row.',
  })
  for (const row of rows) {
    const folder = join('receiver', row.key)
    workspace.write({ [join(folder, 'about.txt')]: 'The working directory of the process that loads.' })
    writePackages(workspace, folder, row, row.packages)
  }
}

function writePackages(
  workspace: Workspace,
  folder: string,
  row: Row,
  packages?: Record<string, string>,
): void {
  for (const [path, content] of Object.entries(packages ?? {}))
    workspace.write({ [join(folder, 'node_modules', path)]: content })
  for (const name of row.installed ?? [])
    workspace.link(join(folder, 'node_modules', name), join(root, 'node_modules', name))
}

function planOptions(row: Row, mode: Mode): object {
  const { refused, either, refusedByLoads, async, bytesVary, showsPaths, addsGlobals } = row
  return {
    refused: refused && { message: refused.message?.source, path: refused.path?.source },
    either,
    refusedByLoads: refusedByLoads?.source,
    async,
    bytesVary,
    showsPaths,
    addsGlobals,
    // A look through the heap takes long: one mode tells whether the next dump gives the same.
    dumpedOnce: row.takesSnapshot === true && mode !== modesOf(row)[0],
  }
}

function moduleText(row: Row, mode: Exclude<Mode, 'vitest'>): string {
  const text =
    row.source === undefined
      ? `const build = ${asExpression('build', row.build!)}`
      : typeof row.source === 'string'
        ? row.source
        : row.source[mode]
  return mode === 'cjs' ? `${text}\nexports.build = build\n` : `${text}\nexport { build }\n`
}

async function dumpThere(
  workspace: Workspace,
  rows: readonly Row[],
  mode: Exclude<Mode, 'vitest'>,
): Promise<StageReport[]> {
  for (const side of ['original', 'sender']) {
    workspace.write({
      [`${side}/package.json`]: JSON.stringify({ type: mode === 'cjs' ? 'commonjs' : 'module' }),
    })
    for (const row of rows) {
      const folder = join(side, row.key)
      workspace.write({ [join(folder, `case.${extension[mode]}`)]: moduleText(row, mode) })
      for (const [path, content] of Object.entries(row.files ?? {}))
        workspace.write({ [join(folder, path)]: content })
      writePackages(workspace, folder, row, { ...row.packages, ...row.packagesOfSender })
    }
  }
  return runRows({
    workspace,
    name: 'dump',
    script: script('dump.mjs'),
    nodeArguments: mode === 'tsx' ? tsxArguments : [],
    cwd: workspace.path('sender'),
    plan: { cornichon: distUrl, functions: workspace.path('functions', 'functions.mjs'), mode },
    rows: rows.map((row) => ({
      key: row.key,
      timeout: row.timeout,
      options: planOptions(row, mode),
      originalFile: workspace.path('original', row.key, `case.${extension[mode]}`),
      senderFile: workspace.path('sender', row.key, `case.${extension[mode]}`),
      bundleFile: bundleFile(workspace, row),
    })),
  })
}

/** In vitest's worker: the functions are what vitest made of the test file, the serializer comes from its sources. */
async function dumpHere(workspace: Workspace, rows: readonly Row[]): Promise<StageReport[]> {
  const cornichon = await import(process.env.CORNICHON_STUB ?? '../../serializer/index.ts')
  const functionsFile = workspace.path('functions', 'functions.mjs')
  const { functionsOf } = await import(/* @vite-ignore */ pathToFileURL(functionsFile).href)
  const reports: StageReport[] = []
  for (const row of rows) {
    const here = { build: row.build!, folder: supportFolder }
    await dumpRow(
      {
        key: row.key,
        mode: 'vitest',
        cornichon,
        original: here,
        sender: here,
        functions: functionsOf[row.key],
        options: planOptions(row, 'vitest'),
        save: (bytes: Uint8Array) => writeFileSync(bundleFile(workspace, row), bytes),
      },
      (report: StageReport) => reports.push(report),
    )
  }
  return reports
}

function load(
  workspace: Workspace,
  rows: readonly Row[],
  mode: Mode,
  stage: 'loaded' | 'again',
): Promise<StageReport[]> {
  return runRows({
    workspace,
    name: stage,
    script: script('load.mjs'),
    cwd: workspace.path('receiver'),
    plan: { cornichon: distUrl, functions: workspace.path('functions', 'functions.mjs'), mode, stage },
    rows: rows.map((row) => ({
      key: row.key,
      timeout: row.timeout,
      options: planOptions(row, mode),
      folder: workspace.path('receiver', row.key),
      bundleFile: stage === 'again' ? againFile(workspace, row) : bundleFile(workspace, row),
    })),
  })
}

async function loadAgain(workspace: Workspace, rows: readonly Row[], mode: Mode): Promise<StageReport[]> {
  const relayed = await runRows({
    workspace,
    name: 'relay',
    script: script('load.mjs'),
    cwd: workspace.path('receiver'),
    plan: { cornichon: distUrl, functions: workspace.path('functions', 'functions.mjs'), mode, relay: true },
    rows: rows.map((row) => ({
      key: row.key,
      timeout: row.timeout,
      options: planOptions(row, mode),
      folder: workspace.path('receiver', row.key),
      bundleFile: bundleFile(workspace, row),
      againFile: againFile(workspace, row),
    })),
  })
  const reloaded = await load(
    workspace,
    rows.filter((row) => existsSync(againFile(workspace, row))),
    mode,
    'again',
  )
  return [...relayed, ...reloaded]
}
