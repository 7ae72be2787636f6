// All that helps to understand a hang: what the fleet says of itself, the keys, the connections and the processes.
import { readFileSync } from 'node:fs'
import { cornichon } from '../support/command.ts'
import type { Crew } from './crew.ts'
import type { Drivers } from './drivers.ts'
import { describeKey, scan } from './leftovers.ts'
import type { Server } from './server.ts'

export async function dump(
  server: Server,
  crew: Crew,
  drivers: Drivers,
  keyFile: string | null,
  folder: string,
): Promise<string> {
  const parts: string[] = []
  const part = (title: string, text: string) => parts.push(`===== ${title} =====\n${text}`)
  part('processes', [...crew.members, ...drivers.all].map(describeProcess).join('\n'))
  part('drivers', await drivers.report())
  const { address, namespace } = server.redis
  const where = [
    '--address',
    address,
    '--namespace',
    namespace,
    ...(keyFile === null ? [] : ['--key-file', keyFile]),
  ]
  for (const args of [['status'], ['list', 'tasks'], ['list', 'actors']]) {
    const { code, stdout, stderr } = cornichon(folder, ...args, ...where)
    part(`cornichon ${args.join(' ')}`, `${stdout}${stderr}${code === 0 ? '' : `exit code ${code}`}`)
  }
  const { connection: redis, prefix } = server
  const keys = await scan(redis, `${prefix}:*`)
  const lines: string[] = []
  for (const key of keys) lines.push(`${key.slice(prefix.length + 1)}: ${await describeKey(redis, key)}`)
  part('keys', lines.join('\n'))
  part('connections', String(await redis.client('LIST')))
  return parts.join('\n\n')
}

function describeProcess(process: {
  readonly name: string
  readonly pid: number
  readonly state: string
}): string {
  return `${process.name} (${process.pid}) ${process.state} ${stateOf(process.pid)}`
}

/** Of Linux; elsewhere nothing. */
function stateOf(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8')
    return ['State', 'Threads', 'VmRSS']
      .map((name) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(text)?.[0] ?? '')
      .join(', ')
      .replace(/\s+/g, ' ')
  } catch {
    return ''
  }
}

/** Milliseconds of CPU that a process has used, or null where the system does not say. */
export function cpuOf(pid: number): number | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    // utime and stime, in ticks of 10 ms.
    return (Number(fields[11]) + Number(fields[12])) * 10
  } catch {
    return null
  }
}
