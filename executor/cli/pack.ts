// `cornichon pack`: an export of a module, with everything it reaches, into a file.
import { type Command, Option } from 'commander'
import { formatSize } from '../../runtime-env/size.ts'
import { readContainer } from '../../serializer/bundle/container.ts'
import { readManifest } from '../../serializer/bundle/manifest.ts'
import { checkSerializable, type DumpOptions, dumps, PicklingError } from '../../serializer/index.ts'
import { PackError } from './failure.ts'
import { checkWritable, writeBundle } from './files.ts'
import { formatCount } from './format.ts'
import { written } from './output.ts'
import { importTarget, parseTarget, type Target } from './target.ts'

interface PackFlags {
  readonly output: string
  readonly byValue?: readonly string[]
  readonly byReference?: readonly string[]
  readonly compress?: true | 'gzip' | 'brotli' | 'zstd'
  readonly json?: true
}

export function addPack(program: Command): void {
  program
    .command('pack')
    .summary('pickle an export of a module into a file')
    .description(
      'Imports a TypeScript or JavaScript module and pickles one of its exports, with everything the export ' +
        'reaches, into a file that needs none of the source. Your own code goes into the file; packages under ' +
        'node_modules are referred to, and have to be installed where the file is run.',
    )
    .argument('<file#export>', 'the module, and which of its exports; without #export, the default one')
    .requiredOption('-o, --output <file>', 'where to write the bundle')
    .option('--by-value <packages>', 'packages whose code goes into the bundle as well', collect)
    .option('--by-reference <modules>', 'modules to refer to, though they are your own', collect)
    .addOption(
      new Option(
        '--compress [method]',
        'make the bundle smaller; the best method that every Node reads, or the one named',
      ).choices(['gzip', 'brotli', 'zstd']),
    )
    .option('--json', 'print what was packed as JSON')
    .addHelpText(
      'after',
      `
Lists are separated by commas; an option may be given more than once.

Examples:
  $ cornichon pack greet.ts#greet -o greet.crn
  $ cornichon pack jobs/nightly.mts -o nightly.crn
  $ cornichon pack search.ts#search --by-value magic-string,@jridgewell/sourcemap-codec -o search.crn`,
    )
    .action(pack)
}

/** `--by-value a,b --by-value c` is one list of three. */
function collect(value: string, previous: readonly string[] = []): readonly string[] {
  const names = value.split(',').map((name) => name.trim())
  return [...previous, ...names.filter((name) => name !== '')]
}

async function pack(text: string, flags: PackFlags): Promise<void> {
  const target = parseTarget(text)
  checkWritable(flags.output)
  const value = await importTarget(target)
  const bytes = dump(value, target, {
    byValue: flags.byValue,
    byReference: flags.byReference,
    compress: flags.compress,
  })
  writeBundle(flags.output, bytes)
  const summary = summarize(bytes, target, flags.output)
  console.log(flags.json ? JSON.stringify(summary, null, 2) : describe(summary))
  // What the module has left running (a server, a timer) is no reason to stay.
  await written()
  process.exit(0)
}

function dump(value: unknown, { file, exportName }: Target, options: DumpOptions): Uint8Array {
  try {
    return dumps(value, options)
  } catch (error) {
    if (!(error instanceof PicklingError)) throw error
    const { problems } = checkSerializable(value, options)
    throw new PackError(`${exportName} of ${file}`, problems.length > 0 ? problems : [error])
  }
}

interface Summary {
  readonly file: string
  readonly export: string
  readonly output: string
  readonly size: number
  readonly objects: number
  /** Packages that have to be there where it runs. */
  readonly needs: readonly string[]
}

function summarize(bytes: Uint8Array, { file, exportName }: Target, output: string): Summary {
  const { references, values } = readManifest(readContainer(bytes).manifest)
  const versions = new Map<string, string>()
  for (const { kind, specifier, version } of references)
    if (kind === 'package' && (version !== null || !versions.has(specifier)))
      versions.set(specifier, version === null ? specifier : `${specifier}@${version}`)
  const needs = [...versions.values()]
  return { file, export: exportName, output, size: bytes.length, objects: values, needs }
}

function describe({ file, export: name, output, size, objects, needs }: Summary): string {
  const lines = [
    `Packed ${name} of ${file} into ${output}: ${formatSize(size)}, ${formatCount(objects, 'object')}.`,
  ]
  if (needs.length > 0) lines.push(`Where it runs, it needs ${needs.join(', ')}.`)
  return lines.join('\n')
}
