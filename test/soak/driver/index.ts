// A driver process: joins the fleet and runs programs, several at once, until it is told to stop.
import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { describeExecutor, type InitOptions, init, shutdown } from 'cornichon/executor'
import type { DriverSettings, FromDriver, ToDriver } from '../messages.ts'
import { Random } from '../random.ts'
import { OWN_RESOURCES } from '../resources.ts'
import { programs } from './programs/index.ts'
import { type Program, Scene, type Tells } from './scene.ts'

const settings = JSON.parse(process.argv[2]!) as DriverSettings
const chosen = programs.filter(({ name }) => settings.programs.includes(name))
const tell = (message: FromDriver) => void process.send?.(message)

const counts = new Map<string, number>()
const tells: Tells = {
  count: (what) => void counts.set(what, (counts.get(what) ?? 0) + 1),
  failed: (call) => tell({ kind: 'failed', call }),
  violation: (text, details) =>
    tell({
      kind: 'violation',
      text,
      details: inspect(details, { depth: 6, breakLength: 160, maxArrayLength: 200 }),
    }),
}
const tellCounts = () => {
  tell({ kind: 'counts', counts: Object.fromEntries(counts) })
  counts.clear()
}

const scenes = new Set<Scene>()
let isStopped = false

async function strand(index: number): Promise<void> {
  const random = new Random(`${settings.seed} ${settings.name} ${index}`)
  for (let round = 0; !isStopped; round++) {
    const program = pickFrom(random)
    const scene = new Scene(
      `${settings.name}.${index}.${round}`,
      program.name,
      random,
      settings.numCpus,
      tells,
    )
    scenes.add(scene)
    tells.count(`program ${program.name}`)
    try {
      await program.run(scene)
    } catch (error) {
      scene.violation(`the program threw ${(error as Error).message}`, error)
    }
    scenes.delete(scene)
  }
}

function pickFrom(random: Random): Program {
  let at = random.fraction() * chosen.reduce((sum, { weight }) => sum + weight, 0)
  return chosen.find(({ weight }) => (at -= weight) < 0) ?? chosen.at(-1)!
}

async function report(): Promise<void> {
  const pending = [...scenes].map(
    ({ name, program, pending: calls }) =>
      `${name} ${program}: ${[...calls].map(([call, since]) => `${call} since ${Date.now() - since} ms`).join(', ')}`,
  )
  const executor = await Promise.race([
    Promise.resolve(describeExecutor()),
    new Promise((resolve) => setTimeout(resolve, 5000, 'describeExecutor does not answer')),
  ]).catch(String)
  tell({ kind: 'pending', pending, executor: inspect(executor, { depth: 5, breakLength: 160 }) })
}

const left = new Promise<void>((resolve) => {
  process.on('message', (message: ToDriver) => {
    if (message === 'stop') isStopped = true
    else if (message === 'report') void report()
    else resolve()
  })
})
// Whoever it was started by is gone.
process.once('disconnect', () => process.exit(3))
process.on('unhandledRejection', (error) => tells.violation('the driver has an unhandled rejection', error))
process.on('uncaughtException', (error) => tells.violation('the driver has an uncaught exception', error))

function options(): InitOptions {
  const { address, namespace, keyFile, numCpus } = settings
  if (address === null) return { numCpus, resources: OWN_RESOURCES, logToDriver: false }
  return {
    ...{ address, namespace, logToDriver: false },
    ...(keyFile !== null && { sign: readFileSync(keyFile) }),
  }
}

/** A Redis that is away at this moment is told at once; all else is none of what may be. */
async function join(): Promise<void> {
  for (const end = Date.now() + 60_000; ; ) {
    try {
      return await init(options())
    } catch (error) {
      if (Date.now() > end || !/can't use Redis/.test((error as Error).message)) {
        tells.violation('init failed', error)
        process.exit(4)
      }
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
  }
}

await join()
tell({ kind: 'joined' })
const timer = setInterval(tellCounts, 200)
await Promise.all(Array.from({ length: settings.strands }, (_, index) => strand(index)))
clearInterval(timer)
tellCounts()
tell({ kind: 'done' })
await left
await shutdown()
process.removeAllListeners('disconnect')
process.disconnect()
