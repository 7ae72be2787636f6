// Temporary folders: made under the system's one, with files in them, and gone afterwards.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface Workspace {
  readonly folder: string
  path(...parts: string[]): string
  /** Writes files, given by their paths inside the folder; makes the folders above them. */
  write(files: Record<string, string | Uint8Array>): void
  /** Makes a folder appear at a path inside. */
  link(path: string, target: string): void
  remove(...parts: string[]): void
}

export function createWorkspace(): Workspace {
  // The real path, as Node names modules by it (macOS's temporary folder is behind a link).
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'cornichon-test-')))
  const path = (...parts: string[]) => join(folder, ...parts)
  return {
    folder,
    path,
    write(files) {
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(path(name)), { recursive: true })
        writeFileSync(path(name), content)
      }
    },
    link(name, target) {
      mkdirSync(dirname(path(name)), { recursive: true })
      symlinkSync(target, path(name), 'junction')
    },
    remove: (...parts) => rmSync(path(...parts), { recursive: true, force: true, maxRetries: 3 }),
  }
}
