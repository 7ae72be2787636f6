// Bundles as tasks: the bytes go to the workers as they are, and nothing of them is loaded here.
import { sha256 } from '../../runtime-env/sha256.ts'
import { newId } from '../context.ts'
import { type Environment, environmentFor } from '../environments.ts'
import { resultId } from '../executor.ts'
import { type RemoteOptions, taskOptionsOf } from '../options.ts'
import { packArray } from '../payload.ts'
import type { RedisExecutor } from './index.ts'

/** Returns the id of the task. */
export function submitBundle(
  fleet: RedisExecutor,
  bundle: Uint8Array,
  args: readonly unknown[],
  options: RemoteOptions & { readonly name: string },
): string {
  const hash = sha256(bundle)
  const fn = { hash, name: options.name, value: { bundle } }
  fleet.exportFunction(fn)
  const packed = { args: packArray(args), deps: [] }
  const id = newId('t')
  fleet.submit({
    id,
    job: id,
    name: options.name,
    parent: null,
    fn: hash,
    options: taskOptionsOf(options),
    env: environmentFor(fleet, options.runtimeEnv as Environment | undefined, fn, packed),
    retryOn: null,
    trace: null,
    ...packed,
  })
  fleet.hold(resultId(id, 0))
  return id
}
