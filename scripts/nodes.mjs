// The Node versions that are supported, installed for tests from npm into .cache/nodes.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { npm } from './ensure-installed.mjs'
import { root, withLock } from './lock.mjs'

/** Oldest first. */
export const majors = ['20', '22', '24', '26']

/** Installs the newest release of a major version once, in a folder of its own, and returns its path. */
export async function nodeBinary(major) {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  const folder = join(root, '.cache', 'nodes', major)
  const binary = join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  await withLock(`node-${major}`, () => {
    if (existsSync(binary)) return
    console.log(`Installing ${name}@${major} ...`)
    mkdirSync(folder, { recursive: true })
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ private: true, dependencies: { [name]: major } }),
    )
    const { status } = npm(['install', '--no-audit', '--no-fund', '--no-package-lock'], folder)
    if (status !== 0 || !existsSync(binary)) throw new Error(`Could not install ${name}@${major}`)
  })
  return binary
}

/** CORNICHON_NODE and PATH tell tests that start processes which Node to take. */
export function environmentOf(binary) {
  return {
    ...process.env,
    CORNICHON_NODE: binary,
    NODE: binary,
    npm_node_execpath: binary,
    PATH: `${dirname(binary)}${delimiter}${process.env.PATH}`,
  }
}
