// What piscina loads in a worker thread. It is CommonJS and imports the rest, for piscina requires it: Node 20 and 22 abort
// the whole process if a thread is ended while it requires an ES module, and one that was just started may be.
module.exports = {
  serve: async (begin: never): Promise<void> => (await import('./worker.ts')).serve(begin),
}
