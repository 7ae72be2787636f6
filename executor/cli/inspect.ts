// `cornichon inspect`: what a bundle would run, what it captured and what it needs, as a tree with sizes. Runs none
// of it.
import type { Command } from 'commander'
import { formatSize } from '../../runtime-env/size.ts'
import {
  type BundleInspection,
  type InspectedBinding,
  type InspectedFunction,
  type InspectedUnit,
  inspectBundle,
} from '../../serializer/index.ts'
import { readBundle } from './files.ts'
import { formatCount, formatTree, type TreeNode } from './format.ts'

interface InspectFlags {
  readonly json?: true
  readonly source?: true
}

export function addInspect(program: Command): void {
  program
    .command('inspect')
    .summary('show what is in a bundle, with sizes, and run none of it')
    .description(
      'Shows what a bundle holds: the functions it would run, the variables they captured, the packages they ' +
        'need, and what each takes. Runs and compiles none of it.',
    )
    .argument('<bundle>', 'the file that `cornichon pack` wrote')
    .option('--source', 'show the source text that would run, too')
    .option('--json', 'print all that is known as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ cornichon inspect search.crn
  $ cornichon inspect search.crn --json | jq '.references'`,
    )
    .action(inspect)
}

function inspect(file: string, flags: InspectFlags): void {
  const inspection = inspectBundle(readBundle(file))
  if (flags.json) console.log(JSON.stringify(inspection, null, 2))
  else console.log(formatTree(bundleNode(file, inspection, flags.source === true)).join('\n'))
}

/** Data alone does not say who wrote it. */
function writerOf({ cornichon, node }: BundleInspection): string {
  return cornichon === null || node === null
    ? 'data'
    : `by cornichon ${cornichon} on Node ${node.replace(/^v/, '')}`
}

function bundleNode(file: string, bundle: BundleInspection, withSource: boolean): TreeNode {
  const size = (section: string) => bundle.sections.find(({ name }) => name === section)?.size ?? 0
  return {
    label:
      `${file}: ${bundle.entry}, ${formatSize(bundle.size)}${bundle.compression === null ? '' : ` (${bundle.compression}, inflated ${formatSize(bundle.inflatedSize)})`}` +
      ` (format ${bundle.formatVersion}, ${writerOf(bundle)})`,
    children: [
      {
        label: `code: ${formatCount(bundle.units.length, 'unit')}, ${formatSize(size('code') + size('functions'))}`,
        children: bundle.units.map((unit) => unitNode(unit, withSource)),
      },
      {
        label: `values: ${formatCount(bundle.values.count, 'object')}, ${formatSize(size('graph') + size('text'))}`,
      },
      {
        label: `references: ${bundle.references.length || 'none'}`,
        children: bundle.references.map(({ specifier, export: name, version }) => ({
          label: `${specifier}${version === null ? '' : `@${version}`}${name === '' ? '' : `, its ${name}`}`,
        })),
      },
      { label: `manifest: ${formatSize(size('manifest'))}` },
    ],
  }
}

function unitNode(unit: InspectedUnit, withSource: boolean): TreeNode {
  const source = withSource ? unit.source.split('\n').map((line) => ({ label: line })) : []
  return {
    label: `unit ${unit.hash.slice(0, 8)}: ${formatSize(unit.size)} of source`,
    children: [...unit.functions.map(functionNode), ...source],
  }
}

function functionNode({ form, name, count, bindings }: InspectedFunction): TreeNode {
  const times = count > 1 ? `, ${formatCount(count, 'time')}` : ''
  return { label: `${form} ${name || '(without a name)'}${times}`, children: bindings.map(bindingNode) }
}

function bindingNode({ name, kind, summary, size }: InspectedBinding): TreeNode {
  if (kind === 'dead') return { label: `${name}: ${summary}` }
  return { label: `${name} = ${summary}, ${formatSize(size)}${kind === 'shared' ? ', shared' : ''}` }
}
