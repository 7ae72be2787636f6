// Milliseconds since this process started, by a clock that no fake timers of a test stop.
export const now = performance.now.bind(performance)
