// @ts-check
// A garbage collection that is over when it returns; for processes with --expose-gc.

const collectNow = /** @type {() => void} */ (globalThis.gc)
/** Milliseconds, and microseconds of CPU time that the process may use in them and count as idle. */
const PAUSE = 3
const IDLE = 200
const MAX_PAUSES = 30
const nobody = new Int32Array(new SharedArrayBuffer(4))

/** Collects garbage, and waits for V8's threads: they would sweep, at the next one's cost, what the last one left. */
export function collect() {
  collectNow()
  for (let i = 0, used = IDLE; i < MAX_PAUSES && used >= IDLE; i++) {
    const before = process.cpuUsage()
    Atomics.wait(nobody, 0, 0, PAUSE)
    const { user, system } = process.cpuUsage(before)
    used = user + system
  }
}
