// What is known of the fleet: asked of its workers, and of this process.
import type { CallState, Description, TaskDescription } from '../executor.ts'
import type { RedisExecutor } from './index.ts'

/** What a worker process tells of itself. */
export interface NodeDescription extends Omit<Description, 'functions' | 'objects'> {
  readonly name: string
}

export async function describeFleet(
  { calls, objects, capacity, requests }: RedisExecutor,
  functions: Description['functions'],
): Promise<Description> {
  await capacity.refresh()
  const answers = await requests.ask('describe', capacity.nodes.keys())
  const nodes = [...answers.values()] as NodeDescription[]
  const there = new Map<string, TaskDescription>()
  for (const { tasks } of nodes) for (const task of tasks) there.set(task.id, task)
  const resources: Record<string, { total: number; free: number }> = {}
  for (const node of nodes) {
    for (const [name, { total, free }] of Object.entries(node.resources)) {
      const sum = resources[name] ?? { total: 0, free: 0 }
      resources[name] = { total: sum.total + total, free: sum.free + free }
    }
  }
  return {
    engine: 'redis',
    resources,
    workers: nodes.flatMap(({ workers }) => workers),
    tasks: [...calls.pending.values()].map(({ id, name, state }) => {
      const running = there.get(id)
      return {
        ...{ id, name },
        state: running?.state ?? (state as CallState),
        attempt: running?.attempt ?? 0,
        worker: running?.worker ?? null,
      }
    }),
    actors: nodes.flatMap(({ actors }) => actors),
    functions,
    objects: objects.describe(),
    environments: nodes.flatMap(({ environments }) => environments),
  }
}
