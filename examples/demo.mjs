// `npm run demo`: packs four examples, deletes their source, and runs them from their bundles in fresh processes, in a
// folder that has nothing but the bundles; then runs the executor's examples on worker threads, and on a fleet where
// there is a Redis. What the programs print is shown behind a bar. `npm run demo -- threads` runs a part of it:
// bundles, threads or redis.
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { findRedis, startWorker } from './demo/fleet.mjs'
import { endAll, start } from './demo/processes.mjs'

const parts = { bundles, threads, redis }
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts)
const unknown = wanted.find((name) => !Object.hasOwn(parts, name))
if (unknown !== undefined) {
  console.error(`the demo has no part ${unknown}, but ${Object.keys(parts).join(', ')}`)
  process.exit(2)
}

const examples = dirname(fileURLToPath(import.meta.url))
const checkout = dirname(examples)
const command = join(checkout, 'dist', 'executor', 'cli', 'index.js')

const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'cornichon-demo-')))
// What the programs keep there (tsx has a cache) goes with it.
for (const name of ['TMPDIR', 'TMP', 'TEMP']) process.env[name] = scratch
/** Has the source, until it is packed. Its packages are those of this checkout. */
const project = join(scratch, 'project')
/** Has nothing but the bundles: here they are run. */
const elsewhere = join(scratch, 'elsewhere')

/** What else is to be undone at the end. */
let clearRedis = async () => {}
let ending = null
let isInterrupted = false

for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }))
  process.on(signal, async () => {
    isInterrupted = true
    await leave().catch((error) => console.error(error))
    process.exit(code)
  })

try {
  for (const name of wanted) await parts[name]()
} catch (error) {
  // What was interrupted fails, and needs no words.
  if (!isInterrupted) throw error
} finally {
  await leave()
}

/** Leaves nothing behind: no process, no file, no key in a Redis that was there before. */
function leave() {
  ending ??= (async () => {
    await endAll()
    try {
      await clearRedis()
    } finally {
      // The link to node_modules goes, and not what it leads to.
      rmSync(scratch, { recursive: true, force: true, maxRetries: 3 })
    }
  })()
  return ending
}

async function bundles() {
  mkdirSync(project)
  mkdirSync(elsewhere)
  symlinkSync(join(checkout, 'node_modules'), join(project, 'node_modules'), 'junction')

  title('1. A function with parameters')
  await pack('function.ts', 'greet', 'greet.crn')
  await run('greet.crn', { args: ['peter', 22] })

  title('2. A class whose method reads a value outside of it')
  await pack('class.ts', 'Reader', 'reader.crn')
  say('A class is loaded by a script, load-class.mjs: new (loads(bytes))().print()')
  await step('node load-class.mjs reader.crn', process.execPath, [
    join(examples, 'load-class.mjs'),
    'reader.crn',
  ])

  title('3. A function, with the function and the classes that it uses')
  await pack('program.ts', 'main', 'program.crn')
  await run('program.crn')

  title('4. A search engine over the licences and READMEs of the packages installed here')
  await pack('search.ts', 'search', 'search.crn')
  say('Its own code and all the texts are in the bundle; magic-string, a package, is referred to.')
  say('The folder has no packages, so without more it does not run:')
  await run('search.crn', { args: ['without warranty'], fails: true })
  say('Say where the packages are installed (or `npm install magic-string` in the folder):')
  await run('search.crn', { args: ['walk javascript syntax tree'], packages: true })
  await run('search.crn', { args: ['without warranty of any kind', 1], packages: true })
  say('Or take them along by value; then it needs nothing:')
  await pack('search.ts', 'search', 'whole.crn', ['--by-value', 'magic-string,@jridgewell/sourcemap-codec'])
  await run('whole.crn', { args: ['walk javascript syntax tree', 1] })
  say('What is in it:')
  await cornichon(['inspect', 'whole.crn'], { lines: 12 })
}

async function threads() {
  title("5. The executor's examples, on worker threads")
  await runExamples('threads')
}

async function redis() {
  title('6. The same on a fleet: Redis and a worker process')
  const server = await findRedis(scratch)
  if (server === null)
    return say(
      'No Redis was found: CORNICHON_REDIS_URL is not set, and no redis-server or valkey-server is on the PATH.',
    )
  clearRedis = server.clear
  if (server.started !== null) console.log(`  $ ${server.started}`)
  const more = server.namespace === null ? [] : ['--namespace', server.namespace]
  console.log(`  $ ${['cornichon worker --address', server.shown, ...more, '&'].join(' ')}`)
  await startWorker([command, 'worker', '--address', server.address, ...more])
  await runExamples(server.address, server)
}

/** On the engine that an address names. */
async function runExamples(address, { shown = address, namespace = null } = {}) {
  const variables = namespace === null ? {} : { CORNICHON_NAMESPACE: namespace }
  const prefix = Object.entries(variables).map(([name, value]) => `${name}=${value}`)
  for (const [file, ...args] of [['parallel.ts'], ['pi.ts', '400000'], ['words.ts', '60']])
    await step(
      [...prefix, 'node --import tsx', `examples/${file}`, shown, ...args].join(' '),
      process.execPath,
      ['--import', 'tsx', join('examples', file), address, ...args],
      { cwd: checkout, env: { ...process.env, ...variables } },
    )
}

/** Packs an export of an example from a copy of its source, and deletes the copy. */
async function pack(source, name, bundle, more = []) {
  copyFileSync(join(examples, source), join(project, source))
  const output = join('..', 'elsewhere', bundle)
  await cornichon(['pack', `${source}#${name}`, '-o', output, ...more], { cwd: project })
  rmSync(join(project, source))
  say(
    `${source} is deleted; ${bundle} has ${statSync(join(elsewhere, bundle)).size.toLocaleString('en-US')} bytes.`,
  )
}

async function run(bundle, { args, packages = false, fails = false } = {}) {
  const more = [
    ...(args ? ['--args', JSON.stringify(args)] : []),
    ...(packages ? ['--packages', checkout] : []),
  ]
  await cornichon(['run', bundle, ...more], { fails })
}

async function cornichon(args, options) {
  const shown = args.map((arg) => (/[^\w./#@,:-]/.test(arg) ? `'${arg}'` : arg)).join(' ')
  const short = shown.replace(checkout, `~/${basename(checkout)}`)
  await step(`cornichon ${short}`, process.execPath, [command, ...args], options)
}

/** Runs a program and shows what it printed, and how long it took from its start to its end. */
async function step(
  shown,
  program,
  args,
  { cwd = elsewhere, env = process.env, fails = false, lines = Number.POSITIVE_INFINITY } = {},
) {
  console.log(`  $ ${shown}`)
  const started = performance.now()
  const output = []
  const child = start(program, args, (line) => output.push(line), { cwd, env })
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(code ?? signal))
  })
  const milliseconds = Math.round(performance.now() - started)
  if (isInterrupted) throw new Error('interrupted')
  for (const line of output.slice(0, lines)) console.log(`  │ ${line}`)
  if (output.length > lines) console.log(`  │ ... ${output.length - lines} more lines`)
  console.log(`    ${milliseconds} ms${code === 0 ? '' : `, exit code ${code}`}`)
  if ((code !== 0) !== fails) throw new Error(`${shown} ended with exit code ${code}`)
}

function title(text) {
  console.log(`\n${text}`)
}

function say(text) {
  console.log(`  ${text}`)
}
