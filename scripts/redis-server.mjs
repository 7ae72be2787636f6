// Finds a Redis server to start, for tests, benchmarks and examples: `redis-server` or `valkey-server` from the PATH, or
// the one that the system's package manager installs where that is allowed.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { withLock } from './lock.mjs'

const names = ['redis-server', 'valkey-server']

/** The server's path, or null. */
export function findServer() {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of names) {
      const file = join(folder, name)
      if (folder !== '' && existsSync(file)) return file
    }
  }
  return null
}

/** The same, installed first where root may do so on Debian or Ubuntu. Throws what there is to do otherwise. */
export async function requireServer() {
  const found = findServer()
  if (found !== null) return found
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    await withLock('redis-server', () => {
      if (findServer() !== null) return
      const options = {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      }
      // A policy that says no (101) keeps the package from starting a server of its own.
      spawnSync('apt-get', ['update', '-qq'], options)
      spawnSync(
        'sh',
        [
          '-c',
          'p=/usr/sbin/policy-rc.d; [ -e $p ] || { printf "#!/bin/sh\\nexit 101\\n" > $p; chmod +x $p; made=1; }; ' +
            'apt-get install -y -qq --no-install-recommends redis-server; code=$?; [ -z "$made" ] || rm -f $p; exit $code',
        ],
        options,
      )
    })
    const installed = findServer()
    if (installed !== null) return installed
  }
  throw new Error(
    'no Redis server was found. Install redis-server or valkey-server (5 MB; `apt-get install redis-server`, ' +
      '`brew install redis`), or set CORNICHON_REDIS_URL to one that is running',
  )
}
