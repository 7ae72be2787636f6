// A worker that never heard of this program, in a folder with nothing in it, runs a closure that uses an npm package, a
// file of data and a variable: a runtime environment brings them.
//   node --import tsx examples/runtime-env/receipt.ts redis://localhost     (or threads)
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { get, init, remote, shutdown } from 'cornichon/executor'
import MagicString from 'magic-string'

const [address = 'threads', namespace = 'default'] = process.argv.slice(2)
const worker = address === 'threads' ? null : startWorker()
await init({ address, ...(worker && { namespace }) })

const here = 'a closure'

/** Runs where the worker is, in a copy of the folder `shop`. */
const receipt = remote(
  (...items: string[]) => {
    const prices = JSON.parse(readFileSync('prices.json', 'utf8')) as Record<string, number>
    const text = new MagicString(items.join('\n'))
    let [at, sum] = [0, 0]
    for (const item of items) {
      at += item.length + 1
      sum += prices[item]!
      text.appendLeft(at - 1, ` ${prices[item]!.toFixed(2)} ${process.env.CURRENCY}`)
    }
    text.append(
      `\n${sum.toFixed(2)} ${process.env.CURRENCY} in all, says ${here} where the files are ${readdirSync('.')}`,
    )
    return text.toString()
  },
  {
    runtimeEnv: {
      workingDir: fileURLToPath(new URL('./shop', import.meta.url)),
      npm: 'auto', // just what the closure refers to: magic-string, in the version that is installed here
      envVars: { CURRENCY: 'EUR' },
    },
  },
)

console.log(await get(receipt.remote('bread', 'cheese', 'apple')))

await shutdown()
worker?.stop()

function startWorker(): { stop(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'cornichon-empty-'))
  const command = fileURLToPath(new URL('../../dist/executor/cli/index.js', import.meta.url))
  const flags = [
    'worker',
    '--address',
    address,
    '--namespace',
    namespace,
    '--cache-dir',
    join(folder, 'cache'),
  ]
  const child: ChildProcess = spawn(process.execPath, [command, ...flags], { cwd: folder, stdio: 'ignore' })
  return {
    stop() {
      child.once('exit', () => rmSync(folder, { recursive: true, force: true }))
      child.kill()
    },
  }
}
