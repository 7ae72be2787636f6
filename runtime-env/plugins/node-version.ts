// `nodeVersion`: a range that the Node.js of the environment's processes has to be in: the worker's, or the container's.
import type { satisfies as Satisfies } from 'semver'
import { validRange } from '../dependencies/spec.ts'
import { lazy } from '../lazy.ts'
import type { BuiltInPlugin } from './built-in.ts'

const satisfies = lazy<typeof Satisfies>('semver/functions/satisfies.js')

export const nodeVersion: BuiltInPlugin<string> = {
  name: 'nodeVersion',
  schema: { type: 'string' },
  priority: 0,
  check(range, env) {
    if (env.fields.container === undefined) checkNodeVersion(range, process.version, 'this worker')
  },
}

export function checkNodeVersion(range: string, version: string, whose: string): void {
  if (validRange()(range) === null) throw new Error(`${JSON.stringify(range)} is no semver range`)
  if (!satisfies()(version, range, { includePrerelease: true }))
    throw new Error(
      `${whose} has Node.js ${version}, and the environment wants ${range}: change the range, or run it where that is`,
    )
}
