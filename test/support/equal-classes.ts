/** Classes of one text that differ in a variable of the call that made them: each call makes another. */
export function makeCounter() {
  let n = 0
  return class Counter {
    add(): number {
      return ++n
    }
  }
}
