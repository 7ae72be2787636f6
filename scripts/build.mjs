// Builds dist/ from serializer/, executor/ and runtime-env/: tsc emits into a staging folder beside its
// incremental state, and what changed is then moved into dist/. Every file in dist/ is whole at any moment, so
// programs that run from it are not disturbed by a build; output of removed sources goes away.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root, withLock } from './lock.mjs'

const sourceFolders = ['serializer', 'executor', 'runtime-env']
const configFiles = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'scripts/build.mjs',
]

/** What package.json's `bin` names: it can be started as it is. */
const programs = new Set(['executor/cli/index.js'])

const dist = join(root, 'dist')
const cache = join(root, 'node_modules', '.cache', 'cornichon')
const staging = join(cache, 'dist')
const stampFile = join(cache, 'build.stamp')

/** Brings dist/ up to date; false where tsc found errors (dist/ then still has what it emitted). */
export async function build() {
  if (isFresh()) return true
  return withLock('build', () => {
    if (isFresh()) return true
    const stamp = stampOfInputs()
    rmSync(stampFile, { force: true })
    const succeeded = compile()
    sync()
    if (succeeded) writeFileSync(stampFile, stamp)
    return succeeded
  })
}

function compile() {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  })
  return status === 0
}

/** Makes dist/ the outputs of the sources that exist: staging may hold those of removed ones, too. */
function sync() {
  const outputs = expectedOutputs().filter((path) => existsSync(join(staging, path)))
  for (const path of outputs) {
    const target = join(dist, path)
    const emitted = readFileSync(join(staging, path))
    if (existsSync(target) && readFileSync(target).equals(emitted)) continue
    mkdirSync(dirname(target), { recursive: true })
    const temporary = `${target}.${process.pid}.tmp`
    copyFileSync(join(staging, path), temporary)
    if (programs.has(path)) chmodSync(temporary, 0o755)
    renameSync(temporary, target)
  }
  const wanted = new Set(outputs)
  for (const path of filesUnder('', dist)) if (!wanted.has(path)) rmSync(join(dist, path))
}

function isFresh() {
  if (!existsSync(stampFile)) return false
  return (
    readFileSync(stampFile, 'utf8') === stampOfInputs() &&
    expectedOutputs().every((path) => existsSync(join(dist, path)))
  )
}

function stampOfInputs() {
  return [...configFiles, ...sources()]
    .map((path) => {
      const { size, mtimeMs } = statSync(join(root, path))
      return `${path} ${size} ${mtimeMs}\n`
    })
    .join('')
}

function expectedOutputs() {
  return sources()
    .filter((path) => !/\.d\.c?ts$/.test(path))
    .flatMap((path) => [path.replace(/ts$/, 'js'), path.replace(/\.(c?ts)$/, '.d.$1')])
}

function sources() {
  return sourceFolders
    .flatMap((folder) => filesUnder(folder, root))
    .filter((path) => /\.c?ts$/.test(path) && !/(^|\/)(fixtures|node_modules)\//.test(path))
}

/** The files below base/folder, as paths from base, with '/' on every platform. */
function filesUnder(folder, base) {
  if (!existsSync(join(base, folder))) return []
  return readdirSync(join(base, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      return entry.isDirectory() ? filesUnder(path, base) : [path]
    })
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = (await build()) ? 0 : 1
