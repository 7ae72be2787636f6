// All programs. A new one is a line here.
import type { Program } from '../scene.ts'
import { actors, sharedActors } from './actors.ts'
import { batches, closures, lone } from './batches.ts'
import { cancels, crashes, timeouts } from './endings.ts'
import { environments } from './environments.ts'
import { givers, trees } from './nested.ts'
import { resources, setUps } from './slots.ts'
import { graphs, large, objects, returns } from './values.ts'

export const programs: readonly Program[] = [
  ...[batches, lone, closures, graphs, returns, large, objects, trees, givers],
  ...[cancels, timeouts, crashes, environments, resources, setUps, actors, sharedActors],
]
