// Runs a measurement in a process of its own: what one contestant patches, caches or keeps open changes no other's numbers.
import { spawnSync } from 'node:child_process'

/** The JSON on the last line that the program prints. Throws if the program fails. */
export function measureIn<T>(program: string, args: readonly string[]): T {
  const { status, signal, error, stdout } = spawnSync(program, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 28,
  })
  if (error) throw error
  if (status !== 0)
    throw new Error(`${program} ${args.join(' ')} ended with ${signal ?? `exit code ${status}`}`)
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as T
}
