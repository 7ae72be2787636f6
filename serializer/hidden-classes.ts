// V8 throws optimized code away when a garbage collection finds that the last object of a hidden class is gone which the
// code knows. Writers and readers live for one call: after each collection, all of their code would have to be
// optimized anew (measured on 10,000 records: dumps 3 times as slow, loads 9 times). So one of each stays.

const kept: object[] = []

/** Keeps an object, which holds nothing else alive, for its hidden class; returns it. */
export function keepHiddenClass<T extends object>(representative: T): T {
  kept.push(representative)
  return representative
}
