// `npm run demo`: packs the four examples, deletes their source, and runs them from their bundles in fresh processes,
// in a folder that has nothing but the bundles. What the programs print is shown behind a bar.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

const examples = dirname(fileURLToPath(import.meta.url))
const checkout = dirname(examples)
const command = join(checkout, 'dist', 'executor', 'cli', 'index.js')

const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'cornichon-demo-')))
/** Has the source, until it is packed. Its packages are those of this checkout. */
const project = join(scratch, 'project')
/** Has nothing but the bundles: here they are run. */
const elsewhere = join(scratch, 'elsewhere')

try {
  mkdirSync(project)
  mkdirSync(elsewhere)
  symlinkSync(join(checkout, 'node_modules'), join(project, 'node_modules'), 'junction')

  title('1. A function with parameters')
  pack('function.ts', 'greet', 'greet.crn')
  run('greet.crn', { args: ['peter', 22] })

  title('2. A class whose method reads a value outside of it')
  pack('class.ts', 'Reader', 'reader.crn')
  say('A class is loaded by a script, load-class.mjs: new (loads(bytes))().print()')
  step('node load-class.mjs reader.crn', process.execPath, [join(examples, 'load-class.mjs'), 'reader.crn'])

  title('3. A function, with the function and the classes that it uses')
  pack('program.ts', 'main', 'program.crn')
  run('program.crn')

  title('4. A search engine over the licences and READMEs of the packages installed here')
  pack('search.ts', 'search', 'search.crn')
  say('Its own code and all the texts are in the bundle; magic-string, a package, is referred to.')
  say('The folder has no packages, so without more it does not run:')
  run('search.crn', { args: ['without warranty'], fails: true })
  say('Say where the packages are installed (or `npm install magic-string` in the folder):')
  run('search.crn', { args: ['walk javascript syntax tree'], packages: true })
  run('search.crn', { args: ['without warranty of any kind', 1], packages: true })
  say('Or take them along by value; then it needs nothing:')
  pack('search.ts', 'search', 'whole.crn', ['--by-value', 'magic-string,@jridgewell/sourcemap-codec'])
  run('whole.crn', { args: ['walk javascript syntax tree', 1] })
  say('What is in it:')
  cornichon(['inspect', 'whole.crn'], { lines: 12 })
} finally {
  // The link to node_modules goes, and not what it leads to.
  rmSync(scratch, { recursive: true, force: true, maxRetries: 3 })
}

/** Packs an export of an example from a copy of its source, and deletes the copy. */
function pack(source, name, bundle, more = []) {
  copyFileSync(join(examples, source), join(project, source))
  const output = join('..', 'elsewhere', bundle)
  cornichon(['pack', `${source}#${name}`, '-o', output, ...more], { cwd: project })
  rmSync(join(project, source))
  say(
    `${source} is deleted; ${bundle} has ${statSync(join(elsewhere, bundle)).size.toLocaleString('en-US')} bytes.`,
  )
}

function run(bundle, { args, packages = false, fails = false } = {}) {
  const more = [
    ...(args ? ['--args', JSON.stringify(args)] : []),
    ...(packages ? ['--packages', checkout] : []),
  ]
  cornichon(['run', bundle, ...more], { fails })
}

function cornichon(args, options) {
  const shown = args.map((arg) => (/[^\w./#@,:-]/.test(arg) ? `'${arg}'` : arg)).join(' ')
  const short = shown.replace(checkout, `~/${basename(checkout)}`)
  step(`cornichon ${short}`, process.execPath, [command, ...args], options)
}

/** Runs a program and shows what it printed, and how long it took from its start to its end. */
function step(
  shown,
  program,
  args,
  { cwd = elsewhere, fails = false, lines = Number.POSITIVE_INFINITY } = {},
) {
  console.log(`  $ ${shown}`)
  const started = performance.now()
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' })
  const milliseconds = Math.round(performance.now() - started)
  if (error) throw error
  const output = `${stdout}${stderr}`.trimEnd().split('\n')
  for (const line of output.slice(0, lines)) console.log(`  │ ${line}`)
  if (output.length > lines) console.log(`  │ ... ${output.length - lines} more lines`)
  console.log(`    ${milliseconds} ms${status === 0 ? '' : `, exit code ${status}`}`)
  if ((status !== 0) !== fails) throw new Error(`${shown} ended with exit code ${status}`)
}

function title(text) {
  console.log(`\n${text}`)
}

function say(text) {
  console.log(`  ${text}`)
}
