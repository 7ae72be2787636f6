// Who has claimed something in the cache folder: a process of this machine, named so that any other process can see
// whether it still lives. A process id alone is used again after a while; with its time of start it is not.
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname, uptime } from 'node:os'

/** Where the owner can not be looked at, a claim that was not renewed for so long (ms) is over. */
export const CLAIM_LIFE = 120_000

const BOOT_ID = '/proc/sys/kernel/random/boot_id'

/**
 * This run of the machine. What was written in an earlier one may have been lost if that ended without a word: files are
 * on their way to the disk for a while.
 */
export const boot = createHash('sha256')
  .update(readOr(BOOT_ID, `${hostname()} ${Math.round((Date.now() / 1000 - uptime()) / 60)}`))
  .digest('hex')
  .slice(0, 8)

/** Process ids mean something within one run of one machine's kernel, and within one namespace of it. */
const machine = createHash('sha256')
  .update(readOr(BOOT_ID, hostname()))
  .update(namespace())
  .digest('hex')
  .slice(0, 8)

/** A name for a manager of this process: `<machine>.<pid>.<start>.<random>`. */
export function newOwner(): string {
  return [machine, process.pid, startOf(process.pid) ?? 0, randomBytes(4).toString('hex')].join('.')
}

export const OWNER = /^[0-9a-f]{8}\.\d+\.\d+\.[0-9a-f]{8}$/

/** Whether the process of an owner lives. `renewed`: when it last renewed its claim (ms). */
export function isAlive(owner: string, renewed: number): boolean {
  const [where, pid, start] = owner.split('.')
  const isFresh = Date.now() - renewed < CLAIM_LIFE
  if (where !== machine) return isFresh
  if (Number(pid) === process.pid) return Number(start) === (startOf(process.pid) ?? 0)
  if (!isRunning(Number(pid))) return false
  const now = startOf(Number(pid))
  return now === null ? isFresh : now === Number(start)
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** In ticks since the machine's start, from /proc; null where there is none. 0 for a process that has ended. */
function startOf(pid: number): number | null {
  const stat = readOr(`/proc/${pid}/stat`, '')
  if (stat === '') return null
  // The name of the program, in brackets, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const state = fields[0]
  return state === 'Z' || state === 'X' ? 0 : Number(fields[19])
}

function namespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return otherwise
  }
}
