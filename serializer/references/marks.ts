// Objects that a reference may find, whatever its kind, in one set: nearly all objects of a graph are none of them, and
// one look-up says so. Nothing is taken out: who finds the object here asks on.
const marked = new WeakSet<object>()
const WeakSetAdd = WeakSet.prototype.add

export function mark(value: unknown): void {
  if ((typeof value === 'object' && value !== null) || typeof value === 'function')
    Reflect.apply(WeakSetAdd, marked, [value])
}

export function isMarked(value: object): boolean {
  return marked.has(value)
}
