// Memory that threads share ends at their process: over Redis, a SharedArrayBuffer goes as a copy. Who sent it may count on
// more, so that is told, once a process.

let isTold = false

export function tellOfCopy(): void {
  if (isTold) return
  isTold = true
  process.emitWarning(
    'a SharedArrayBuffer went over Redis as a copy: processes share no memory, and neither side sees what the other writes. ' +
      'Give an ArrayBuffer where that is what is meant, or let an actor have the memory',
    { type: 'SharedMemoryWarning' },
  )
}
