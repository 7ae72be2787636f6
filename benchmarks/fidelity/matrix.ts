// The matrix as text: for the terminal, and as Markdown for the README (by family) and docs/fidelity.md (each kind).
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { printTable } from '../support/report.ts'
import type { Judgement } from './judge.ts'
import { rows } from './kinds.mjs'

/** By row, then by library. */
export type Matrix = readonly Readonly<Record<string, Judgement>>[]

const root = join(import.meta.dirname, '..', '..')
const BEGIN = '<!-- fidelity: written by `npm run fidelity -- --write` -->'
const END = '<!-- /fidelity -->'
const families = [...new Set(rows.map(({ family }) => family))]

function count(matrix: Matrix, library: string, outcome: Judgement['outcome'], family?: string): number {
  return matrix.filter(
    (judged, row) =>
      judged[library]?.outcome === outcome && (family === undefined || rows[row].family === family),
  ).length
}

export function printMatrix(matrix: Matrix, libraries: readonly string[]): void {
  for (const family of families) {
    const members = rows.flatMap(({ family: of, name }, row) =>
      of === family ? [[`  ${name}`, ...libraries.map((library) => matrix[row][library].outcome)]] : [],
    )
    console.log()
    printTable([family, ...libraries], members)
  }
  console.log()
  const total = (outcome: Judgement['outcome']) => [
    `  ${outcome}`,
    ...libraries.map((library) => String(count(matrix, library, outcome))),
  ]
  printTable([`${rows.length} kinds`, ...libraries], [total('exact'), total('lossy'), total('refused')])
}

function markdown(head: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : ':-:'))), ...body.map(line)].join('\n')
}

function summary(matrix: Matrix, libraries: readonly string[]): string {
  const cell = (library: string, family?: string) => {
    const of = family === undefined ? rows.length : rows.filter((row) => row.family === family).length
    return `${count(matrix, library, 'exact', family)} of ${of}`
  }
  const body = families.map((family) => [family, ...libraries.map((library) => cell(library, family))])
  const lossy = libraries.map((library) => String(count(matrix, library, 'lossy')))
  return markdown(
    ['comes back exactly', ...libraries],
    [
      ...body,
      ['**all**', ...libraries.map((library) => `**${cell(library)}**`)],
      ['silently changed', ...lossy],
    ],
  )
}

function whole(matrix: Matrix, libraries: readonly string[]): string {
  const signs = { exact: '✓', lossy: 'lossy', refused: '–' }
  const body = rows.map(({ name }, row) => [
    name,
    ...libraries.map((library) => signs[matrix[row][library].outcome]),
  ])
  const parts = families.map((family) => {
    const members = body.filter((_, row) => rows[row].family === family)
    return `## ${family}\n\n${markdown(['', ...libraries], members)}`
  })
  return `# What comes back

Written by \`npm run fidelity -- --write\`, on Node ${process.version}: every kind of value through every library, compared as graphs
(identity, prototypes, own keys in order, attributes, internal slots). ✓: exact; lossy: something else comes back, without
a word; –: refused, or no end.

${parts.join('\n\n')}
`
}

export function writeMatrix(matrix: Matrix, libraries: readonly string[]): void {
  writeFileSync(join(root, 'docs', 'fidelity.md'), whole(matrix, libraries))
  const file = join(root, 'README.md')
  const readme = readFileSync(file, 'utf8')
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`README.md lacks the lines ${BEGIN} and ${END}`)
  writeFileSync(
    file,
    `${readme.slice(0, begin)}${BEGIN}\n\n${summary(matrix, libraries)}\n\n${readme.slice(end)}`,
  )
}
