// A sender and a receiver, each a process of its own in a folder of its own, with the packages that a test gives them.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { childEnvironment } from '../support/children.ts'
import { distUrl, nodeBinary } from '../support/paths.ts'
import { createWorkspace, type Workspace } from '../support/workspace.ts'

export type Files = Record<string, string>

export interface Exchange {
  /** Both have these under node_modules. */
  readonly packages?: Files
  readonly senderPackages?: Files
  readonly receiverPackages?: Files
  /** What the sender has beside its module. */
  readonly files?: Files
  /** Links that both have, by their paths: targets are beside them. */
  readonly links?: Record<string, string>
  /** A module's text; what it exports as `value` is dumped, with what it exports as `options`. */
  readonly send: string
  readonly sendAs?: 'mjs' | 'cjs' | 'ts' | 'mts'
  /** The text of a module; `bytes` and the public API are in scope. What `report()` is given is returned. */
  readonly receive: string
  readonly nodeArguments?: readonly string[]
  readonly receiverArguments?: readonly string[]
}

export interface Outcome {
  readonly report: any
  readonly bytes: Buffer
}

/** Sends, takes the sender's folder away, receives. */
export function exchange(given: Exchange): Outcome {
  const workspace = createWorkspace()
  try {
    const extension = given.sendAs ?? 'mjs'
    install(workspace, 'sender', { ...given.packages, ...given.senderPackages }, given.links)
    install(workspace, 'receiver', { ...given.packages, ...given.receiverPackages }, given.links)
    workspace.write({
      [`sender/case.${extension}`]: given.send,
      ...Object.fromEntries(
        Object.entries(given.files ?? {}).map(([name, text]) => [`sender/${name}`, text]),
      ),
      'sender/dump.mjs': `
        import { writeFileSync } from 'node:fs'
        import * as cornichon from ${JSON.stringify(distUrl)}
        const { value, options } = await import('./case.${extension}')
        const bytes = cornichon.dumps(value, options)
        if (!Buffer.from(cornichon.dumps(value, options)).equals(bytes)) throw new Error('other bytes when dumped again')
        writeFileSync('../bundle', bytes)`,
      'receiver/load.mjs': `
        import { readFileSync } from 'node:fs'
        import { createRequire } from 'node:module'
        import { dumps, inspectBundle, loads, loadsAsync, UnpicklingError } from ${JSON.stringify(distUrl)}
        const bytes = readFileSync('../bundle')
        const require = createRequire(import.meta.url)
        const report = (value) => console.log(JSON.stringify(value))
        const messageOf = (work) => { try { work(); return null } catch (error) { return [error instanceof UnpicklingError, error.message] } }
        ${given.receive}`,
    })
    run(workspace.path('sender'), [...(given.nodeArguments ?? []), 'dump.mjs'])
    const bytes = readFileSync(workspace.path('bundle'))
    workspace.remove('sender')
    const output = run(workspace.path('receiver'), [...(given.receiverArguments ?? []), 'load.mjs'])
    return { report: JSON.parse(output), bytes }
  } finally {
    workspace.remove()
  }
}

function install(workspace: Workspace, side: string, packages: Files, links: Record<string, string> = {}) {
  workspace.write(
    Object.fromEntries(
      Object.entries(packages).map(([name, text]) => [`${side}/node_modules/${name}`, text]),
    ),
  )
  workspace.write({ [`${side}/package.json`]: '{}' })
  for (const [path, target] of Object.entries(links))
    workspace.link(`${side}/node_modules/${path}`, workspace.path(side, 'node_modules', target))
}

/** Runs a script to its end and gives what it printed. */
export function run(cwd: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(nodeBinary, args, {
    cwd,
    env: childEnvironment(),
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 2 ** 26,
  })
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}:\n${stderr}`)
  return stdout
}
