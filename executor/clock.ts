// Milliseconds since this process started, by a clock that no fake timers of a test stop.
import { performance } from 'node:perf_hooks'

export const now = performance.now.bind(performance)
