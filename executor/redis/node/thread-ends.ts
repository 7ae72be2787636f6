// For who operates a worker process: why a thread of it ended that had not done what it had, or a process of an environment.
// Who made the calls is told of what fails of them.
import type { Call } from '../../local/calls.ts'
import type { LocalWorker } from '../../local/workers.ts'
import { printable } from '../../printable.ts'

/** Names of calls that are told. */
const MOST_NAMED = 5

export function tellEnd({ name }: LocalWorker, why: string, underWay: readonly Call[]): void {
  const calls = underWay.slice(0, MOST_NAMED).map((call) => `${call.name} (${call.id})`)
  if (underWay.length > MOST_NAMED) calls.push(`${underWay.length - MOST_NAMED} more`)
  const rest = calls.length === 0 ? '' : `; under way there: ${calls.join(', ')}`
  process.emitWarning(printable(`${name} ended: ${why.split('\n', 1)[0]}${rest}`), {
    type: 'WorkerEndWarning',
  })
}
