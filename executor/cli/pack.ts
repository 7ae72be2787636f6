// `cornichon pack`: an export of a module, with everything it reaches, into a file.
import { type Command, Option } from 'commander'
import { formatSize } from '../../runtime-env/size.ts'
import { readContainer } from '../../serializer/bundle/container.ts'
import { readManifest } from '../../serializer/bundle/manifest.ts'
import { checkSerializable, type DumpOptions, dumps, PicklingError } from '../../serializer/index.ts'
import { PackError } from './failure.ts'
import { checkWritable, writeBundle } from './files.ts'
import { formatCount } from './format.ts'
import { importTarget, parseTarget, type Target } from './target.ts'

interface PackFlags {
  readonly output: string
  readonly byValue?: readonly string[]
  readonly byReference?: readonly string[]
  readonly compress?: true | 'gzip' | 'brotli' | 'zstd'
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
  console.log(describe(bytes, target, flags.output))
  // What the module has left running (a server, a timer) is no reason to stay.
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

function describe(bytes: Uint8Array, { file, exportName }: Target, output: string): string {
  const { references, values } = readManifest(readContainer(bytes).manifest)
  const lines = [
    `Packed ${exportName} of ${file} into ${output}: ${formatSize(bytes.length)}, ${formatCount(values, 'object')}.`,
  ]
  const packages = new Set<string>()
  for (const { kind, specifier, version } of references)
    if (kind === 'package') packages.add(version === null ? specifier : `${specifier}@${version}`)
  if (packages.size > 0) lines.push(`Where it runs, it needs ${[...packages].join(', ')}.`)
  return lines.join('\n')
}
