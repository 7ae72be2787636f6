// The container engines of this machine, and whether one of some will do.
import { findContainerEngine } from '../../runtime-env/plugins/container.ts'
import type { ResolvedContainer } from '../../runtime-env/types.ts'

const names = ['docker', 'podman'] as const

export function enginesHere(): readonly string[] {
  return names.filter((name) => findContainerEngine(name) !== null)
}

export function canContain({ engine }: ResolvedContainer, engines: readonly string[]): boolean {
  return engine === null ? engines.length > 0 : engines.includes(engine)
}
