// Random programs of nested closures over shared and separate counters, as source text; and random calls on them.
import fc from 'fast-check'

/** How one function over the variables of its scope is written. */
const forms = [
  'arrow',
  'function',
  'method',
  'getter',
  'setter',
  'class',
  'generator',
  'async',
  'mutual',
  'bound',
  'parameter',
  'asyncGenerator',
  'static',
  'lexicalThis',
  'caught',
  'returned',
] as const
/** V8 is long in telling what these see. */
const costlyForms = ['field', 'eval'] as const
const holders = ['object', 'array', 'map', 'set', 'property'] as const

export interface Member {
  readonly form: (typeof forms | typeof costlyForms)[number]
  /** Which of the variables in sight it reads and adds to. */
  readonly reads: number
  readonly writes: number
  readonly step: number
}

export interface Scope {
  readonly declaration: 'let' | 'var' | 'const'
  readonly start: number
  readonly holder: (typeof holders)[number]
  readonly members: readonly Member[]
  /** The scope is a loop's body, of so many turns: a variable of its own for each. */
  readonly turns: number
  readonly children: readonly Scope[]
}

export interface Program {
  readonly scope: Scope
  /** How often the factory is called, with one and the same argument. */
  readonly instances: number
}

export interface Call {
  readonly target: number
  readonly argument: number
}

const member: fc.Arbitrary<Member> = fc.record({
  form: fc.oneof(
    { withCrossShrink: true },
    { weight: 40, arbitrary: fc.constantFrom(...forms) },
    { weight: 1, arbitrary: fc.constantFrom(...costlyForms) },
  ),
  reads: fc.nat(7),
  writes: fc.nat(7),
  step: fc.integer({ min: 1, max: 9 }),
})

const { scope } = fc.letrec<{ scope: Scope }>((tie) => ({
  scope: fc.record({
    declaration: fc.constantFrom('let', 'var', 'const'),
    start: fc.nat(3),
    holder: fc.constantFrom(...holders),
    members: fc.array(member, { minLength: 1, maxLength: 4 }),
    turns: fc.nat(2),
    children: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constant([]),
      fc.array(tie('scope'), { maxLength: 2, depthIdentifier: 'scope' }),
    ),
  }),
}))

export const program: fc.Arbitrary<Program> = fc.record({ scope, instances: fc.integer({ min: 1, max: 3 }) })
export const calls: fc.Arbitrary<Call[]> = fc.array(
  fc.record({ target: fc.nat(1000), argument: fc.integer({ min: -5, max: 5 }) }),
  { minLength: 4, maxLength: 24 },
)

/** An expression that builds the program's value. */
/** `id` makes the text of its classes its own: classes of one text are one class in a receiver. */
export function programText({ scope, instances }: Program, id: number): string {
  let count = 0
  const write = (scope: Scope, outside: readonly string[]): string => {
    const n = count++
    const name = `v${n}`
    const own = scope.declaration === 'const' ? `${name}.n` : name
    const inSight = [...outside, own]
    const first = scope.declaration === 'const' ? `{ n: start + ${scope.start} }` : `start + ${scope.start}`
    const members = scope.members.map((member, i) => memberText(member, inSight, `${id}_${n}_${i}`))
    const body = [
      `${scope.declaration} ${name} = ${first}`,
      ...members.map(({ statement }) => statement),
      `const inner${n} = [${scope.children.map((child) => write(child, inSight)).join(', ')}]`,
      `return ${holderText(
        scope.holder,
        members.map(({ value }) => value),
        `inner${n}`,
      )}`,
    ].join('\n')
    if (scope.turns === 0) return `(() => {\n${body}\n})()`
    // The loop's own variable is shared by what its turn makes, and by nothing else.
    return `(() => { const turns = []; for (let turn = 0; turn < ${scope.turns}; turn++) turns.push((() => {\n${body}\n})(), (add) => (turn += add)); return turns })()`
  }
  return `(() => { const make = (start) => ${write(scope, ['start'])}\nreturn [${Array(instances).fill('make(1)').join(', ')}] })()`
}

function memberText(
  member: Member,
  inSight: readonly string[],
  id: string,
): { statement: string; value: string } {
  const read = inSight[member.reads % inSight.length]
  const write = inSight[member.writes % inSight.length]
  const work = `${write} = (${write} + ${member.step} + (Number(add) || 0)) % 1009; return ${write} * 1000 + ${read}`
  const plain = (value: string) => ({ statement: '', value })
  switch (member.form) {
    case 'arrow':
      return plain(`(add) => { ${work} }`)
    case 'function':
      return plain(`function f${id}(add) { ${work} }`)
    case 'method':
      return plain(`({ m(add) { ${work} } }).m`)
    case 'getter':
      return plain(`({ get now() { const add = 0; ${work} } })`)
    case 'setter':
      return plain(
        `({ set now(add) { ${write} = (${write} + ${member.step} + add) % 1009 }, get now() { return ${read} } })`,
      )
    case 'class':
      return {
        statement: `class K${id} { #own = 0; static made = 0; constructor() { K${id}.made++ } call(add) { this.#own++; const rest = () => { ${work} }; return [this.#own, K${id}.made, rest()] } }`,
        value: `new K${id}(), K${id}`,
      }
    case 'generator':
      return plain(`function* g${id}(add) { yield ${read}; ${work} }`)
    case 'async':
      return plain(`async (add) => { await null; ${work} }`)
    case 'mutual':
      return {
        statement: `const even${id} = (n, add) => n <= 0 ? (() => { ${work} })() : odd${id}(n - 1, add)\nfunction odd${id}(n, add) { return even${id}(n - 1, add) }`,
        value: `odd${id}, (add) => even${id}(3, add)`,
      }
    case 'field':
      return plain(`class F${id} { out = ((add) => { ${work} })(1) }`)
    case 'bound':
      return plain(`(function (own, add) { ${work} + own }).bind(null, 5)`)
    case 'parameter':
      return plain(`(add, next = () => { ${work} }) => next()`)
    case 'asyncGenerator':
      return plain(`async function* g${id}(add) { yield ${read}; await null; ${work} }`)
    case 'eval':
      return plain(`(add) => eval(${JSON.stringify(`(() => { ${work} })()`)})`)
    case 'static':
      return plain(`(class S${id} { static at(add) { ${work} } }).at`)
    case 'lexicalThis':
      return plain(
        `new (class T${id} { own = 0; step = (add) => { this.own++; const rest = () => { ${work} }; return rest() + this.own } })().step`,
      )
    case 'caught':
      return plain(
        `(() => { try { throw ${member.step} } catch (caught) { return (add) => { caught++; const rest = () => { ${work} }; return rest() + caught } } })()`,
      )
    case 'returned':
      return {
        statement: `const made${id} = []`,
        value: `(add) => { let own = 0; made${id}.push(() => { own++; ${work} + own }); return made${id}.reduce((sum, each) => sum + each(), 0) }`,
      }
  }
}

function holderText(holder: Scope['holder'], values: readonly string[], inner: string): string {
  switch (holder) {
    case 'object':
      return `{ ${values.flatMap((value, i) => value.split(/, (?=K\d|\(add\) => even)/).map((part, j) => `p${i}_${j}: ${part}`)).join(', ')}, inner: ${inner} }`
    case 'array':
      return `[${values.join(', ')}, ${inner}]`
    case 'map':
      return `new Map([${values.join(', ')}, ${inner}].map((value, i) => ['k' + i, value]))`
    case 'set':
      return `new Set([${values.join(', ')}, ${inner}])`
    case 'property':
      return `Object.assign(() => ${inner}, { members: [${values.join(', ')}] })`
  }
}

/** In a child process: finds all that can be called in a value, and makes the calls. Text of a module. */
export const callerText = `
const targetsOf = (root) => {
  const targets = []
  const seen = new Set()
  const visit = (value) => {
    if (value === null || (typeof value !== 'object' && typeof value !== 'function') || seen.has(value)) return
    seen.add(value)
    if (typeof value === 'function' && /^class/.test(value.toString())) targets.push(() => { const made = new value(); return made.call?.(1) ?? made.out })
    else if (typeof value === 'function' && /^async function\\*/.test(value.toString())) targets.push(async (add) => { const all = []; for await (const each of value(add)) all.push(each); return all })
    else if (typeof value === 'function' && /^function\\*/.test(value.toString())) targets.push((add) => [...value(add)])
    else if (typeof value === 'function' && /^(function )?odd|^\\(n/.test(value.toString())) targets.push((add) => value(3, add))
    else if (typeof value === 'function') targets.push((add) => { const result = value(add); return Array.isArray(result) ? result.length : result })
    else if (typeof value.call === 'function') targets.push((add) => value.call(add))
    if (value instanceof Map) for (const item of value.values()) visit(item)
    if (value instanceof Set) for (const item of value) visit(item)
    if (typeof value === 'function' && /^\\(\\) => inner/.test(value.toString())) visit(value())
    for (const key of Reflect.ownKeys(value)) {
      if (key === 'prototype' || key === 'arguments' || key === 'caller') continue
      const { get, set, value: own } = Object.getOwnPropertyDescriptor(value, key)
      if (set) targets.push((add) => { value[key] = add })
      if (get) targets.push(() => value[key])
      if (!get && !set) visit(own)
    }
  }
  visit(root)
  return targets
}
const run = async (root, calls) => {
  const targets = targetsOf(root)
  const results = []
  for (const { target, argument } of calls) {
    try { results.push(await targets[target % targets.length](argument)) }
    catch (error) { results.push(error.constructor.name + ': ' + error.message) }
  }
  return { targets: targets.length, results }
}
`
