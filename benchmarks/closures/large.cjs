// Large inputs, by kind. (CommonJS, as the subjects are.)

/** A string that was put together takes its memory when it is first read: here, and not within dumps. */
const flat = (text) => Buffer.from(text, 'latin1').latin1Slice()

/** A graph of records that refer to each other, under a closure. */
exports.graph = (count) => {
  const nodes = Array.from({ length: count }, (_, id) => ({
    id,
    name: flat(`node number ${id}`),
    weight: id / 7,
    next: undefined,
  }))
  for (let id = 0; id < count; id++) nodes[id].next = nodes[(id * 31 + 7) % count]
  return (id) => nodes[id].next.name
}

/** Megabytes of numbers and text under a closure. */
exports.data = (count) => {
  const numbers = new Float64Array((count * 1024 * 1024) / 16)
  for (let i = 0; i < numbers.length; i++) numbers[i] = i / 3
  const texts = Array.from({ length: count }, (_, i) =>
    flat(String.fromCharCode(97 + (i % 26)).repeat(512 * 1024)),
  )
  return (i) => numbers[i] + texts[i % texts.length].length
}

/** Closures with a kilobyte each. */
exports.closures = (count) =>
  Array.from({ length: count }, (_, index) => {
    const text = flat(String(index).padEnd(1024, '.'))
    return (x) => text + x
  })
