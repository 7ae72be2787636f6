// Many closures, by kind: each adds its index to its argument. (CommonJS, as the subjects are.)

/** From one factory, each with an environment of its own. */
exports.copies = (count) => Array.from({ length: count }, (_, index) => (x) => x + index)

/** Each a function of its own text. */
exports.texts = (count) => {
  const offset = 0
  const lines = Array.from({ length: count }, (_, index) => `x => x + offset + ${index}`)
  return new Function('offset', `return [${lines.join(',\n')}]`)(offset)
}

/** Each calls the one before it in a chain of ten, and has a function in common with all. */
exports.linked = (count) => {
  const add = (a, b) => a + b
  const closures = []
  for (let index = 0; index < count; index++) {
    const before = index % 10 === 0 ? null : closures[index - 1]
    closures.push((x) => (before ? add(before(x), 1) : add(x, index)))
  }
  return closures
}

/** Two and two share a variable that the second writes. */
exports.shared = (count) => {
  const closures = []
  for (let index = 0; index < count; index += 2) {
    let last = index
    closures.push((x) => x + last)
    closures.push((x) => {
      last = index
      return x + last + 1
    })
  }
  return closures
}

/** Each sees the `this` of a constructor of its own. */
exports.lexical = (count) => {
  class Adder {
    constructor(index) {
      this.index = index
      this.add = (x) => x + this.index
    }
  }
  return Array.from({ length: count }, (_, index) => new Adder(index).add)
}
