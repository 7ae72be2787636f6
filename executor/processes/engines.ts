// The container engines of this machine, and whether one of some will do.
import { ENGINES, findContainerEngine } from '../../runtime-env/plugins/container.ts'
import type { ResolvedContainer } from '../../runtime-env/types.ts'

export function enginesHere(): readonly string[] {
  return ENGINES.filter((name) => findContainerEngine(name) !== null)
}

export function canContain({ engine }: ResolvedContainer, engines: readonly string[]): boolean {
  return engine === null ? engines.length > 0 : engines.includes(engine)
}
