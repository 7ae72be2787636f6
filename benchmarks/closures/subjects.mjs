// @ts-check
// What is pickled: each subject as the text of a CommonJS module (the one kind that every contestant can load),
// with SEED in place of a number, so that as many different scripts can be made as there are cold runs. A module's
// `make(value)` returns a new closure `fn` and `change(value)`, which changes what it has captured.
// python.py has the same in Python. (A class that a receiver has already keeps the variables that it has there: what
// changes is captured by functions alone.)

const lambda = `
exports.make = () => ({ fn: x => x + SEED, change() {} })
`

const data = `
exports.make = value => {
  let bonus = value
  const people = Array.from({ length: 20 }, (_, id) => ({
    id, name: 'person ' + id, tags: ['tag ' + id, 'all'], place: { x: id / 3, y: [id, id + SEED] },
  }))
  return {
    fn: least => people.filter(each => each.id >= least).map(each => each.name + each.place.y[1] + bonus).join(),
    change(next) { bonus = next },
  }
}
`

const example = `
exports.make = value => {
  let greeting = value
  function innerFunction() { return 'inner function! ' + SEED }
  class InnerClass {
    say() { return 'inner class!' }
    static call() { return "inner class's function!" }
  }
  class User {
    constructor(name) { this.name = name }
    run() { return [this.name, innerFunction(), new InnerClass().say(), InnerClass.call()].join() }
  }
  function example(name) { return [greeting, innerFunction(), InnerClass.call(), new User(name).run()].join() }
  return { fn: example, change(next) { greeting = next } }
}
`

const FUNCTIONS = 50

function module() {
  const lines = [
    'exports.make = value => {',
    '  let limit = value',
    '  const table = { low: 3, high: [5, 8, 13] }',
    '  function f0(x) { return x + SEED }',
  ]
  for (let i = 1; i < FUNCTIONS; i++) {
    lines.push(`  function f${i}(x, step = ${i}) {`)
    lines.push('    const parts = []')
    lines.push(
      `    for (let i = 0; i < 2; i++) parts.push(f${i - 1 - (i % 3 === 0 ? 2 : 0)}(x + i + step) % 1000)`,
    )
    lines.push('    if (parts[0] > limit) return parts[1] + table.low')
    lines.push('    return parts.reduce((sum, each) => sum + each, table.high[x % 3])')
    lines.push('  }')
  }
  const all = Array.from({ length: FUNCTIONS }, (_, i) => `f${i}`).join(', ')
  lines.push(`  const all = [${all}]`)
  lines.push('  return { fn: x => all.slice(0, 8).map(f => f(x)).join(), change(next) { limit = next } }')
  lines.push('}')
  return lines.join('\n')
}

export const subjects = {
  'a lambda': lambda,
  'a closure over data': data,
  'functions and classes': example,
  [`${FUNCTIONS} functions`]: module(),
}

export const subjectNames = Object.keys(subjects)

/** What the closures are called with. */
export const ARGUMENT = 3

/** @param {string} folder @param {number} subject @param {number} run */
export const subjectFile = (folder, subject, run) => `${folder}/subject-${subject}-${run}.cjs`
