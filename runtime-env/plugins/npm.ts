// `npm`: a set of packages is installed once on a worker and shared by all environments that have the same.
import { lstat, mkdir, readdir, symlink } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { canonical } from '../canonical.ts'
import { installPackages } from '../npm/install.ts'
import { sha256 } from '../sha256.ts'
import type { ResolvedNpm } from '../types.ts'
import type { BuiltInPlugin } from './built-in.ts'

export const npm: BuiltInPlugin<ResolvedNpm> = {
  name: 'npm',
  schema: {
    type: 'object',
    required: ['packageJson', 'lockFile', 'local', 'allowScripts'],
    properties: {
      packageJson: { type: 'object' },
      lockFile: { type: ['object', 'null'] },
      local: { type: 'object', additionalProperties: { type: 'string' } },
      allowScripts: { type: 'boolean' },
    },
  },
  priority: 3,
  uris: (value) => [`npm:${sha256(canonical({ ...value, abi: abi() }))}`],
  create: (_, value, __, tools) => installPackages(value, tools),
  assemble: (_, [folder], tools) =>
    linkPackages(join(folder!, 'node_modules'), tools.finalFolder, tools.folder),
}

/** What packages that are built where they are installed depend on. */
function abi(): string {
  return `${process.platform}-${process.arch}-${process.versions.modules}`
}

/**
 * Links the packages of a set from the node_modules that an environment has of its own; those that are there already,
 * from `uris`, stay. A module knows itself by where it really is, so what a package needs is found beside it, in the set.
 */
async function linkPackages(set: string, finalFolder: string, folder: string): Promise<void> {
  const own = join(folder, 'node_modules')
  // Relative, as it will be from where the environment is moved to: a cache folder may be moved as a whole.
  const link = async (name: string, depth: string) => {
    const path = join(own, name)
    if (await isThere(path)) return
    const from = join(finalFolder, 'node_modules', depth)
    const target = join(set, name)
    await symlink(process.platform === 'win32' ? target : relative(from, target), path, 'junction')
  }
  await mkdir(own, { recursive: true })
  for (const name of await readdir(set)) {
    if (name.startsWith('.') && name !== '.bin') continue
    if (!name.startsWith('@') || !(await isThere(join(own, name)))) {
      await link(name, '.')
      continue
    }
    for (const inner of await readdir(join(set, name))) await link(join(name, inner), name)
  }
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
