// Milliseconds, by clocks that no fake timers of a test stop.
import { performance } from 'node:perf_hooks'

/** Since this process started. */
export const now = performance.now.bind(performance)

/** Of the day: it goes on while the machine sleeps. */
export const clock: () => number = Date.now
