// The container engines of this machine, as command lines on the path.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { ResolvedContainer } from '../../runtime-env/types.ts'

export type Engine = 'docker' | 'podman'

const names: readonly Engine[] = ['docker', 'podman']

export function enginesHere(): readonly Engine[] {
  return names.filter(isOnPath)
}

export function canContain({ engine }: ResolvedContainer, engines: readonly string[]): boolean {
  return engine === null ? engines.length > 0 : engines.includes(engine)
}

function isOnPath(name: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    if (folder === '') return false
    try {
      accessSync(join(folder, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
