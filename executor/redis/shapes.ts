// What a call needs while it runs, as the name of the queue of its like: a worker process takes from the queues of what it
// can give, and of nothing else.
import type { ActorSpec } from '../executor.ts'

/** What an actor has of its own: a thread, or in an environment a process. */
export type OwnWorker = 'thread' | 'process'

/** Of one that is isolated. */
export const ownWorkerOf = ({ env }: Pick<ActorSpec, 'env'>): OwnWorker =>
  env === null ? 'thread' : 'process'

export interface Shape {
  readonly resources: Readonly<Record<string, number>>
  /** Null for what shares the workers that are there. */
  readonly own: OwnWorker | null
}

const shapes = new WeakMap<object, string>()

/** Zeros are nothing. */
export function shapeOf(resources: Readonly<Record<string, number>>): string {
  let shape = shapes.get(resources)
  if (shape === undefined) shapes.set(resources, (shape = nameOfShape(resources)))
  return shape
}

function nameOfShape(resources: Readonly<Record<string, number>>): string {
  const names = Object.keys(resources).filter((name) => resources[name]! > 0)
  return names.length === 0
    ? 'none'
    : names
        .sort()
        .map((name) => `${encodeURIComponent(name)}=${resources[name]}`)
        .join(',')
}

/** What an actor needs from its start on. One with a worker of its own is taken only where there is room for that, too. */
export function shapeOfActor(spec: Pick<ActorSpec, 'options' | 'env'>): string {
  const shape = shapeOf(spec.options.resources)
  // No name and no number has such a sign in it.
  return spec.options.isolate ? `${shape};${ownWorkerOf(spec)}` : shape
}

/** Null of what is the name of none. */
export function readShape(text: string): Shape | null {
  const [amounts, own = null] = text.split(';') as [string, OwnWorker?]
  if (own !== null && own !== 'thread' && own !== 'process') return null
  try {
    const parts = amounts === 'none' ? [] : amounts.split(',')
    const resources = Object.fromEntries(
      parts.map((part) => {
        const at = part.lastIndexOf('=')
        return [decodeURIComponent(part.slice(0, at)), Number(part.slice(at + 1))]
      }),
    )
    const name = nameOfShape(resources)
    return text === (own === null ? name : `${name};${own}`) ? { resources, own } : null
  } catch {
    return null
  }
}
