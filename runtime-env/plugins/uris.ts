// `uris`: archives of npm packages come into the environment's node_modules, under their names; the files of others over
// the working directory, in the order of the list.

import { segmentsOf } from '../unpack/entries.ts'
import { ArchiveError, readArchive, type UnpackLimits } from '../unpack/index.ts'
import type { BuiltInPlugin } from './built-in.ts'

export const uris: BuiltInPlugin<readonly string[]> = {
  name: 'uris',
  schema: { type: 'array', items: { type: 'string' } },
  priority: 2,
  async assemble(list, _, tools) {
    for (const uri of list) {
      const archive = await tools.archive(uri)
      const found = await packageIn(archive, tools.limits, uri, tools.signal)
      if (found === null) await tools.unpackOver(archive, 'work', uri)
      else await tools.unpackOver(archive, `node_modules/${found.name}`, uri, found.depth)
    }
  },
}

/** The largest package.json that is read to see what an archive is. */
const MOST = 1 << 20

/** The npm package that an archive is: its package.json is on top, or in the one folder on top, as `npm pack` has it. */
export async function packageIn(
  file: string,
  limits: UnpackLimits,
  name: string,
  signal: AbortSignal,
): Promise<{ readonly name: string; readonly depth: number } | null> {
  const tops = new Set<string>()
  const manifests = new Map<number, string>()
  await readArchive({ file, limits, name, signal }, async (entry, content) => {
    const segments = segmentsOf(entry.path)
    if (segments.length === 0) return
    tops.add(segments.length === 1 && entry.kind !== 'folder' ? '' : segments[0]!)
    if (entry.kind !== 'file' || entry.size > MOST || segments.length > 2) return
    if (segments.at(-1) !== 'package.json') return
    const chunks: Uint8Array[] = []
    for await (const chunk of content) chunks.push(chunk)
    manifests.set(segments.length - 1, Buffer.concat(chunks).toString())
  })
  const depth = manifests.has(0) ? 0 : tops.size === 1 && manifests.has(1) ? 1 : null
  if (depth === null) return null
  const found = nameIn(manifests.get(depth)!)
  return found === null ? null : { name: found, depth }
}

/** Null for a package.json without name and version: that of a project, no package. */
function nameIn(text: string): string | null {
  try {
    const { name, version } = JSON.parse(text) as { name?: unknown; version?: unknown }
    if (typeof name !== 'string' || typeof version !== 'string') return null
    if (!/^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/i.test(name) || name === 'node_modules')
      throw new ArchiveError(
        `its package.json has the name ${JSON.stringify(name)}, which is none of a package`,
      )
    return name
  } catch (error) {
    if (error instanceof ArchiveError) throw error
    return null
  }
}
