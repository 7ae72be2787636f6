// Trees for tests: folders that are made in a line, packages of them, and what their archives hold.
import { createHash } from 'node:crypto'
import { chmodSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { fromBuffer } from 'yauzl'
import { writeArchive } from '../../runtime-env/package/index.ts'
import type { LocalPackage } from '../../runtime-env/types.ts'
import type { Workspace } from '../support/workspace.ts'

/** Paths of a package, without its hashes. */
export function pathsOf({ files }: LocalPackage): string[] {
  return files.map(({ path }) => path)
}

export function makeProgram(workspace: Workspace, path: string, mode = 0o755): void {
  workspace.write({ [path]: '#!/bin/sh\n' })
  chmodSync(workspace.path(path), mode)
}

export interface Entry {
  readonly mode: number
  readonly text: string
}

/** What unpacking the archive of a package would give. */
export async function archiveOf(pkg: LocalPackage, toFile: string): Promise<Record<string, Entry>> {
  await writeArchive(pkg, toFile)
  return readZip(readFileSync(toFile))
}

export async function readZip(bytes: Buffer): Promise<Record<string, Entry>> {
  const zip = await promisify<Buffer, object, any>(fromBuffer)(bytes, { lazyEntries: true })
  const entries: Record<string, Entry> = {}
  await new Promise<void>((resolve, reject) => {
    zip.on('error', reject).on('end', resolve)
    zip.on('entry', (entry: any) => {
      zip.openReadStream(entry, async (error: Error | null, stream: AsyncIterable<Buffer>) => {
        if (error) return reject(error)
        const parts: Buffer[] = []
        for await (const part of stream) parts.push(part)
        entries[entry.fileName] = {
          mode: entry.externalFileAttributes >>> 16,
          text: Buffer.concat(parts).toString(),
        }
        zip.readEntry()
      })
    })
    zip.readEntry()
  })
  return entries
}

export const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
