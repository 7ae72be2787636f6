// A tie to a fleet as its processes have, of one that says nothing of itself and asks nobody's version.
import { Link, type LinkSettings } from '../../executor/redis/link.ts'

export function openLink(kind: 'driver' | 'node', settings: LinkSettings): Promise<Link> {
  return Link.open(
    kind,
    settings,
    () => '{}',
    async () => {},
    false,
  )
}
