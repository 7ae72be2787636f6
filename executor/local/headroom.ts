// Whether this machine has room for one more worker of an actor's own. V8 ends the whole process, and not one thread, where
// it gets no memory or may not map it; and the kernel ends one that takes the last memory. So actors are refused before.
import { readFileSync } from 'node:fs'
import { freemem } from 'node:os'
import { join } from 'node:path'
import { formatSize } from '../../runtime-env/size.ts'

const MiB = 2 ** 20
/** Of memory, that is left to others. */
const RESERVE = 128 * MiB

/** `starting`: of those workers that do not have yet what they will take. */
export function lackingMemory(each: number, starting: number): string | null {
  const free = freeMemory()
  if (free === null || free >= (starting + 1) * each + RESERVE) return null
  return (
    `it would take ${formatSize(each)} of memory, and ${formatSize(free)} are free, of which ${formatSize(RESERVE)} are kept` +
    (starting > 0 ? ` and ${starting} others that start take as much each` : '')
  )
}

/**
 * Bytes; null where it can't be told: macOS counts as free what holds nothing at all, and no more than that. What files have
 * in memory is free, also in a container, where Node's own availableMemory takes it for used.
 */
function freeMemory(): number | null {
  if (process.platform === 'win32') return freemem()
  if (process.platform !== 'linux') return null
  return Math.min(freemem(), freeInContainer('/sys/fs/cgroup'))
}

/** As a control group of version 2 says; without a limit, infinite. */
export function freeInContainer(folder: string): number {
  try {
    const read = (name: string) => readFileSync(join(folder, name), 'latin1')
    const most = Number(read('memory.max'))
    if (Number.isNaN(most)) return Number.POSITIVE_INFINITY
    const stat = read('memory.stat')
    const files = [...stat.matchAll(/^(?:in)?active_file (\d+)$/gm)].reduce(
      (sum, [, size]) => sum + Number(size),
      0,
    )
    return most - Number(read('memory.current')) + files
  } catch {
    // No such group here, or Node's permission model forbids it.
    return Number.POSITIVE_INFINITY
  }
}

/** As much as a thread takes in which cornichon is loaded. */
const THREAD = 26 * MiB
const MAPPINGS = 130
/** Of the mappings that a process may have: with the rest the threads grow. */
const SHARE = 0.85
/** Milliseconds. */
const LOOK_AGAIN = 1_000

/** Counting its mappings takes a process that has many of them some 30 ms. */
let looksFrom = 64
let refused = { threads: 0, until: 0, why: '' }

export function lackingForThread(threads: number, starting: number): string | null {
  const lacking = lackingMemory(THREAD, starting)
  if (lacking !== null || process.platform !== 'linux' || threads < looksFrom) return lacking
  if (threads >= refused.threads && Date.now() < refused.until) return refused.why
  const room = roomForThreads(mostMappings(), countMappings() ?? threads * MAPPINGS, threads, starting)
  if (typeof room === 'number') {
    looksFrom = threads + Math.ceil(room / 2)
    return null
  }
  looksFrom = 64
  refused = { threads, until: Date.now() + LOOK_AGAIN, why: room }
  return room
}

/** How many more; or why there is none. */
export function roomForThreads(
  most: number,
  used: number,
  threads: number,
  starting: number,
): number | string {
  const room = Math.floor((SHARE * most - used) / MAPPINGS) - starting
  if (room >= 1) return room
  return (
    `its thread would take ${MAPPINGS} memory mappings, and with ${threads} threads of other actors (${starting} of them start) ` +
    `this process has ${used} of the ${most} that it may have (vm.max_map_count): with none left, V8 ends it`
  )
}

function mostMappings(): number {
  try {
    return Number(readFileSync('/proc/sys/vm/max_map_count', 'latin1'))
  } catch {
    // Node's permission model forbids it: as Linux has it.
    return 65_530
  }
}

function countMappings(): number | null {
  try {
    const maps = readFileSync('/proc/self/maps')
    let count = 0
    for (let at = maps.indexOf(10); at >= 0; at = maps.indexOf(10, at + 1)) count++
    return count
  } catch {
    return null
  }
}
