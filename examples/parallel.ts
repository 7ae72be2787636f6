// Squares and their sum, after Ray's own tutorial: functions that run in parallel, and refs that go from one to the next.
//   node --import tsx examples/parallel.ts [threads | inline | redis://...]
import { get, init, remote, shutdown } from 'cornichon/executor'

await init({ address: process.argv[2], namespace: process.env.CORNICHON_NAMESPACE })

const square = remote((x: number) => x * x)
const add = remote((a: number, b: number) => a + b)

// All eight run at once, as far as there are slots; get waits for their results.
const numbers = [1, 2, 3, 4, 5, 6, 7, 8]
console.log('squares', (await get(numbers.map((n) => square.remote(n)))).join(' '))

// A tree of additions: each takes two refs, and begins when both are there. No result comes here but the last.
let level = numbers.map((n) => square.remote(n))
while (level.length > 1) {
  const next = []
  for (let i = 0; i < level.length; i += 2) next.push(add.remote(level[i]!, level[i + 1]!))
  level = next
}
console.log('their sum', await get(level[0]!))

await shutdown()
