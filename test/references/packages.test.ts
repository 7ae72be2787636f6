import { describe, expect, test } from 'vitest'
import { distUrl, tsxArguments } from '../support/paths.ts'
import { createWorkspace, type Workspace } from '../support/workspace.ts'
import { exchange, run } from './support.ts'

const library = {
  'library/package.json': '{ "name": "library", "version": "1.2.3" }',
  'library/index.js': `
    class Klass { static make() { return new Klass() } get() { return 'secret text' } get size() { return 1 } }
    module.exports = function main() { return 'secret text' }
    module.exports.helper = () => 'secret text'
    module.exports.Klass = Klass
    module.exports.table = { deep: { f: () => 'secret text', more: { g: () => 'secret text' } } }`,
  'library/lib/sub.js': `exports.sub = () => 'secret text'`,
}

describe('CommonJS packages', () => {
  test('exports, the exported function itself, objects two levels deep, classes with their methods, sub-paths', () => {
    const { report, bytes } = exchange({
      packages: library,
      send: `
        import main from 'library'
        import { sub } from 'library/lib/sub.js'
        const { helper, Klass, table } = main
        export const value = [main, helper, Klass, Klass.make, Klass.prototype, Klass.prototype.get, table, table.deep.f, sub, () => helper() + sub()]`,
      receive: `
        const main = require('library')
        const { sub } = require('library/lib/sub')
        const { helper, Klass, table } = main
        const expected = [main, helper, Klass, Klass.make, Klass.prototype, Klass.prototype.get, table, table.deep.f, sub]
        const loaded = loads(bytes)
        report([expected.map((each, i) => loaded[i] === each), loaded.at(-1)()])`,
    })
    expect(report).toEqual([Array(9).fill(true), 'secret textsecret text'])
    expect(bytes.includes('secret text')).toBe(false)
  })

  test('a package loaded by the bundle alone, from a CommonJS sender', () => {
    const { report } = exchange({
      packages: library,
      sendAs: 'cjs',
      send: `const { Klass, helper } = require('library'); exports.value = { Klass, instance: new Klass(), call: () => helper() }`,
      receive: `
        const { Klass, instance, call } = loads(bytes)
        report([Klass === require('library').Klass, instance instanceof Klass, instance.get(), call()])`,
    })
    expect(report).toEqual([true, true, 'secret text', 'secret text'])
  })
})

const modern = {
  '@scope/modern/package.json': JSON.stringify({
    name: '@scope/modern',
    version: '2.0.0',
    type: 'module',
    exports: {
      '.': './index.js',
      './features/*': { node: './src/features/*.js', default: './nowhere/*.js' },
      './self': './self.js',
      './internal/*': null,
    },
  }),
  '@scope/modern/index.js': `
    export { inner } from './src/inner.js'
    export * from './src/features/two.js'
    export default class Main { static #count = 0; static of() { return new Main() } run() { return 'secret text' } }
    export const table = { deep: { f: () => 'secret text' } }
    export const data = { only: ['data'] }`,
  '@scope/modern/src/inner.js': `export const inner = () => 'secret text'`,
  '@scope/modern/src/features/two.js': `export const two = () => 'secret text'`,
  '@scope/modern/src/features/alone.js': `export const alone = () => 'secret text'`,
  '@scope/modern/self.js': `import { two } from '@scope/modern'\nexport const twice = () => two() + two()\nexport { two as again } from '@scope/modern'`,
}

const sendModern = `
  import Main, { inner, two, table, data } from '@scope/modern'
  import * as all from '@scope/modern'
  import { alone } from '@scope/modern/features/alone'
  import { twice, again } from '@scope/modern/self'
  export const value = { Main, of: Main.of, run: Main.prototype.run, inner, two, table, data, all, alone, twice, again, f: table.deep.f, use: () => [all.inner(), data.only[0]] }`

const expectModern = `
  const { default: Main, inner, two, table, data } = all
  const { alone } = await import('@scope/modern/features/alone')
  const { twice, again } = await import('@scope/modern/self')
  const expected = { Main, of: Main.of, run: Main.prototype.run, inner, two, table, data, alone, twice, again, f: table.deep.f }
  report([Object.keys(expected).filter((key) => loaded[key] !== expected[key]), loaded.all === all, loaded.use()])`

describe('ES-only packages with scope, sub-paths, patterns, self-references, re-exports', () => {
  for (const [how, nodeArguments, sendAs] of [
    ['an ES module', [], 'mjs'],
    ['TypeScript under tsx', tsxArguments, 'mts'],
    ['a Node that can not require ES modules', ['--no-experimental-require-module'], 'mjs'],
  ] as const)
    test(`all by reference from ${how}, with loadsAsync`, () => {
      const { report, bytes } = exchange({
        packages: modern,
        nodeArguments,
        sendAs,
        send: sendModern,
        receive: `const loaded = await loadsAsync(bytes); const all = await import('@scope/modern'); ${expectModern}`,
      })
      expect(report).toEqual([[], true, ['secret text', 'data']])
      expect(bytes.includes('secret text')).toBe(false)
    })

  test('from TypeScript that tsx makes CommonJS of', () => {
    const { report, bytes } = exchange({
      packages: modern,
      nodeArguments: tsxArguments,
      sendAs: 'ts',
      send: `
        import Main, { inner, two, table, data } from '@scope/modern'
        export const value = { Main, inner, two, table, data, f: table.deep.f, use: () => [inner(), data.only[0]] }`,
      receive: `
        const loaded = loads(bytes)
        const { default: Main, inner, two, table, data } = await import('@scope/modern')
        const expected = { Main, inner, two, table, data, f: table.deep.f }
        report([Object.keys(expected).filter((key) => loaded[key] !== expected[key]), loaded.use()])`,
    })
    expect(report).toEqual([[], ['secret text', 'data']])
    expect(bytes.includes('secret text')).toBe(false)
  })

  test('with loads, where Node can require ES modules', () => {
    const { report } = exchange({
      packages: modern,
      send: `import { inner, two } from '@scope/modern'; export const value = { inner, call: () => two() }`,
      receive: `
        const { inner, call } = loads(bytes)
        const { inner: expected } = await import('@scope/modern')
        report([process.features.require_module, inner === expected, call()])`,
    })
    expect(report).toEqual([true, true, 'secret text'])
  })

  test('with loads, where Node can not: an UnpicklingError that names loadsAsync, which then works', () => {
    const { report } = exchange({
      packages: modern,
      send: `import { inner } from '@scope/modern'; export const value = inner`,
      receiverArguments: ['--no-experimental-require-module'],
      receive: `report([messageOf(() => loads(bytes)), (await loadsAsync(bytes))()])`,
    })
    expect(report).toEqual([[true, expect.stringMatching(/@scope\/modern.*loadsAsync/)], 'secret text'])
  })

  test('a module that waits at its top level needs loadsAsync, whatever Node', () => {
    const { report } = exchange({
      packages: {
        'waits/package.json':
          '{ "name": "waits", "version": "1.0.0", "type": "module", "exports": "./index.js" }',
        'waits/index.js': `export const f = () => 'waited'\nawait null`,
      },
      send: `import { f } from 'waits'; export const value = () => f()`,
      receive: `report([messageOf(() => loads(bytes)), (await loadsAsync(bytes))()])`,
    })
    expect(report).toEqual([[true, expect.stringMatching(/waits.*loadsAsync/)], 'waited'])
  })
})

const keeper = {
  'keeper/package.json': '{ "name": "keeper", "version": "1.0.0" }',
  'keeper/index.js': `
    const { kState } = require('./symbols')
    exports.symbols = { kState }
    exports.mark = Symbol('mark')
    exports.open = () => ({ [kState]: 'secret state' })
    exports.read = (object) => object[kState]
    exports.isMarked = (object) => object[exports.mark] === true`,
  'keeper/symbols.js': `exports.kState = Symbol('state')`,
  'keeping/package.json':
    '{ "name": "keeping", "version": "1.0.0", "type": "module", "exports": "./index.js" }',
  'keeping/index.js': `
    export const kState = Symbol('state')
    export const read = (object) => object[kState]
    export class Box { constructor(value) { this[kState] = value } get() { return this[kState] } }`,
}

test('an instance has its state under a symbol that its package exports, and nothing else of the value tells', () => {
  const { report } = exchange({
    packages: keeper,
    send: `
      const { Box } = await import('keeping')
      export const value = { boxes: [new Box(1), new (class extends Box { extra = 2 })(3)] }`,
    receive: `
      const { boxes } = await loadsAsync(bytes)
      report(boxes.map((box) => box.get()))`,
  })
  expect(report).toEqual([1, 3])
})

const weak = {
  'weak/package.json': '{ "name": "weak", "version": "1.0.0" }',
  'weak/index.js': `
    const slots_1 = require('./slots')
    const _x = new WeakMap(), _methods = new WeakSet(), cache = new WeakMap()
    exports.Field = class Field { constructor(x) { _x.set(this, x) } get() { return _x.get(this) } }
    exports.Method = class Method { constructor() { _methods.add(this) } get() { return _methods.has(this) } }
    exports.Old = function Old(x) { _x.set(this, x) }
    exports.Given = class Given { constructor(x) { (0, slots_1.create)(this, x) } get() { return slots_1.get(this) } }
    exports.Beside = class Beside { constructor(x) { slots_1.all.set(this, x) } get() { return slots_1.get(this) } }
    exports.Cached = class Cached {
      constructor(x) { this.x = x; Object.seal(this) }
      get() { if (!cache.has(this)) cache.set(this, this.x + 1); return cache.get(this) }
    }`,
  'weak/slots.js': `
    const all = exports.all = new WeakMap()
    const begin = (object) => all.set(object, {})
    exports.create = function (object, x) { begin(object); all.get(object).x = x }
    exports.get = (object) => all.get(object)?.x`,
  'slots/package.json': '{ "name": "slots", "version": "1.0.0", "type": "module", "exports": "./index.js" }',
  'slots/index.js': `
    import * as abstract from './slots.js'
    import { get } from './slots.js'
    export class Spaced { constructor(x) { abstract.create(this, x) } get() { return get(this) } }`,
  'slots/slots.js': `
    const all = new WeakMap()
    export const create = (object, x) => { all.set(object, x) }
    export const get = (object) => all.get(object)`,
}

test('an instance has its state in a weak collection of its package: by reference it is refused, a cache is none', () => {
  const { report } = exchange({
    packages: weak,
    send: `
      import { Field, Given, Method } from 'weak'
      import { Spaced } from 'slots'
      export const value = [new Field(1), new Method(), new Given(2), new Spaced(3)]
      export const options = { byValue: ['weak', 'slots'] }`,
    receive: `
      const weak = require('weak')
      const { Spaced } = await import('slots')
      const refusal = (value) => { try { dumps(value); return null } catch (error) { return error.message } }
      const { Field, Method, Old, Given, Beside, Cached } = weak
      class Mine extends Field {}
      const refused = [new Field(1), new Method(), new Old(1), new Given(1), new Beside(1), new Spaced(1), new Mine(1)]
      const cached = new Cached(1)
      cached.get()
      report([
        loads(bytes).map((each) => each.get()),
        refused.map(refusal),
        loads(dumps(cached)).get(),
        refusal(Object.create(Field.prototype)),
      ])`,
  })
  const of = (kind: string) => expect.stringMatching(`a ${kind} of its package.*byValue`)
  expect(report).toEqual([
    [1, true, 2, 3],
    [of('WeakMap'), of('WeakSet'), ...Array(5).fill(of('WeakMap'))],
    2,
    null,
  ])
})

test('symbols that packages export are those of the packages', () => {
  const { report } = exchange({
    packages: keeper,
    send: `
      import keeper from 'keeper'
      import { kState, read } from 'keeping'
      const made = { [kState]: 5 }
      const marked = { [keeper.mark]: true }
      const own = Symbol('state')
      export const value = { open: keeper.open(), marked, get: () => read(made), own: { [own]: 1 }, own2: own }`,
    receive: `
      const keeper = require('keeper')
      const { open, marked, get, own, own2 } = await loadsAsync(bytes)
      const shown = inspectBundle(bytes).references.map((each) => each.export)
      report([keeper.read(open), keeper.isMarked(marked), get(), keeper.read(own) ?? null, own[own2], shown.includes('mark')])`,
  })
  expect(report).toEqual(['secret state', true, 5, null, 1, true])
})

test('an object of a function whose prototype was assigned as a whole, without a constructor', () => {
  const { report, bytes } = exchange({
    packages: {
      'colors/package.json':
        '{ "name": "colors", "version": "1.0.0", "type": "module", "exports": "./index.js" }',
      'colors/index.js': `
        export function Color(red) { if (red instanceof Color) return red; this.red = red }
        Color.prototype = { text: 'secret text', get shade() { return this.red }, lighter() { return new Color(this.red + 1) }, same() { return Color(this) === this } }`,
    },
    send: `
      import { Color } from 'colors'
      export const value = [new Color(1), new Color(2), () => new Color(3).shade]`,
    receive: `
      const [one, two, three] = await loadsAsync(bytes)
      const { Color } = await import('colors')
      report([one instanceof Color, two.same(), one.lighter().shade, three()])`,
  })
  expect(report).toEqual([true, true, 2, 3])
  expect(bytes.includes('secret text')).toBe(false)
})

test('a dual package gives the export of the condition that it was reached by', () => {
  const { report } = exchange({
    packages: {
      'dual/package.json': `{ "name": "dual", "version": "1.0.0", "exports": { "import": "./index.mjs", "require": "./index.cjs" } }`,
      'dual/index.mjs': `export const f = () => 'import'`,
      'dual/index.cjs': `exports.f = () => 'require'`,
    },
    send: `
      import { createRequire } from 'node:module'
      import { f } from 'dual'
      export const value = [f, createRequire(import.meta.url)('dual').f]`,
    receive: `
      const [imported, required] = await loadsAsync(bytes)
      report([imported(), required(), imported === (await import('dual')).f, required === require('dual').f])`,
  })
  expect(report).toEqual(['import', 'require', true, true])
})

test('two versions of one package, one nested in another: each export finds its own', () => {
  const version = (folder: string, number: string) => ({
    [`${folder}/package.json`]: `{ "name": "twin", "version": "${number}" }`,
    [`${folder}/index.js`]: `exports.version = () => '${number}'`,
  })
  const { report } = exchange({
    packages: {
      ...version('twin', '1.0.0'),
      ...version('outer/node_modules/twin', '2.0.0'),
      'outer/package.json': '{ "name": "outer", "version": "5.0.0" }',
      'outer/index.js': `exports.twin = require('twin')`,
    },
    send: `
      import { version } from 'twin'
      import { createRequire } from 'node:module'
      const inner = createRequire(createRequire(import.meta.url).resolve('outer'))('twin')
      export const value = [version, inner.version]`,
    receive: `
      const loaded = loads(bytes)
      report([loaded.map((f) => f()), loaded[0] === require('twin').version, loaded[1] === require('outer').twin.version])`,
  })
  expect(report).toEqual([['1.0.0', '2.0.0'], true, true])
})

test('packages behind links, as pnpm installs them', () => {
  const { report } = exchange({
    packages: {
      '.pnpm/linked@1.0.0/node_modules/linked/package.json': '{ "name": "linked", "version": "1.0.0" }',
      '.pnpm/linked@1.0.0/node_modules/linked/index.js': `exports.f = () => 'linked'`,
      '.pnpm/esm@1.0.0/node_modules/esm/package.json':
        '{ "name": "esm", "version": "1.0.0", "type": "module", "exports": "./index.js" }',
      '.pnpm/esm@1.0.0/node_modules/esm/index.js': `export const g = () => 'linked too'`,
    },
    links: { linked: '.pnpm/linked@1.0.0/node_modules/linked', esm: '.pnpm/esm@1.0.0/node_modules/esm' },
    send: `
      import { f } from 'linked'
      import { g } from 'esm'
      export const value = { f, g, both: () => f() + g() }`,
    receive: `
      const { f, g, both } = await loadsAsync(bytes)
      report([f === require('linked').f, g === (await import('esm')).g, both()])`,
  })
  expect(report).toEqual([true, true, 'linkedlinked too'])
})

describe('what the receiver does not have', () => {
  const send = `import library from 'library'; const { helper } = library; export const value = { run: () => helper() }`

  test('a missing package fails at load: its name, the version, and the two ways out', () => {
    const { report } = exchange({
      senderPackages: library,
      send,
      receive: `report(messageOf(() => loads(bytes)))`,
    })
    expect(report[0]).toBe(true)
    for (const part of ['library', '1.2.3', 'byValue', 'npm install library@1.2.3', 'runtime environment'])
      expect(report[1]).toContain(part)
  })

  test('so does loadsAsync, for an ES-only package', () => {
    const { report } = exchange({
      senderPackages: modern,
      send: `import { inner } from '@scope/modern'; export const value = inner`,
      receive: `await loadsAsync(bytes).then(report, (error) => report([error instanceof UnpicklingError, error.message]))`,
    })
    expect(report).toEqual([
      true,
      expect.stringMatching(/@scope\/modern.*2\.0\.0.*npm install @scope\/modern@2\.0\.0/),
    ])
  })

  test('by value needs no package', () => {
    const { report } = exchange({
      senderPackages: library,
      send: `${send}\nexport const options = { byValue: ['library'] }`,
      receive: `report(loads(bytes).run())`,
    })
    expect(report).toBe('secret text')
  })

  test('another version loads, and the bundle says which one the sender had', () => {
    const { report } = exchange({
      senderPackages: library,
      receiverPackages: {
        'library/package.json': '{ "name": "library", "version": "9.0.0" }',
        'library/index.js': `exports.helper = () => 'newer'`,
      },
      send,
      receive: `report([loads(bytes).run(), inspectBundle(bytes).references.map(({ version }) => version)])`,
    })
    expect(report).toEqual(['newer', ['1.2.3']])
  })

  test('another version without the export: an UnpicklingError that names it and the version', () => {
    const { report } = exchange({
      senderPackages: library,
      receiverPackages: {
        'library/package.json': '{ "name": "library", "version": "9.0.0" }',
        'library/index.js': `exports.other = 1`,
      },
      send,
      receive: `report(messageOf(() => loads(bytes)))`,
    })
    expect(report).toEqual([true, expect.stringMatching(/helper.*library.*1\.2\.3/)])
  })

  test('a package that throws when it is loaded: an UnpicklingError that says so', () => {
    const { report } = exchange({
      senderPackages: library,
      receiverPackages: {
        'library/package.json': '{ "name": "library", "version": "1.2.3" }',
        'library/index.js': `require('what-it-needs')`,
      },
      send,
      receive: `report(messageOf(() => loads(bytes)))`,
    })
    expect(report).toEqual([true, expect.stringMatching(/library.*failed to load.*what-it-needs/)])
  })
})

test('dumping runs no module again: not under a loader that hooks into require, and not a package that was imported', () => {
  const { report } = exchange({
    packages: {
      'counted/package.json':
        '{ "name": "counted", "version": "1.0.0", "type": "module", "exports": "./index.js" }',
      'counted/index.js': `globalThis.loadedTimes = (globalThis.loadedTimes ?? 0) + 1\nexport const f = () => 'counted'\nexport const table = {}`,
    },
    nodeArguments: tsxArguments,
    sendAs: 'ts',
    send: `
      import { f, table } from 'counted'
      import { dumps } from ${JSON.stringify(new URL('../../dist/serializer/index.js', import.meta.url).href)}
      dumps([table, f, () => f()])
      export const value = [(globalThis as any).loadedTimes, f]`,
    receive: `const [times, f] = await loadsAsync(bytes); report([times, f()])`,
  })
  expect(report).toEqual([1, 'counted'])
})

describe('a package that gives a class its methods only when it makes the first instance', () => {
  const lazy = {
    'lazy/package.json': '{ "name": "lazy", "version": "1.0.0" }',
    'lazy/index.js': `
      exports.Schema = function Schema(name) {
        this.name = name
        Schema.prototype.parse ??= function () { return this.name }
      }
      exports.plain = function plain() {}`,
  }
  const send = `import lazy from 'lazy'; export const value = [new lazy.Schema('first'), new lazy.Schema('second'), lazy.plain]`
  const listen = `const warnings = []; process.on('warning', ({ name, message }) => warnings.push(name + ': ' + message))`
  const tell = `setImmediate(() => report(warnings))`

  test('loads warns once, naming the class, the package and what to do', () => {
    const { report } = exchange({
      packages: lazy,
      send,
      receive: `${listen}; loads(bytes); loads(bytes); ${tell}`,
    })
    expect(report).toEqual([
      expect.stringMatching(
        /^UnpicklingWarning: Schema\.prototype of lazy has 1 .* 2 .*first instance.*by value/,
      ),
    ])
  })

  test('no warning where the methods are there, or the version is another one', () => {
    const warmed = exchange({
      packages: lazy,
      send,
      receive: `${listen}; new (require('lazy').Schema)(); loads(bytes)[0].parse(); ${tell}`,
    })
    expect(warmed.report).toEqual([])
    const newer = { ...lazy, 'lazy/package.json': '{ "name": "lazy", "version": "1.0.1" }' }
    const other = exchange({
      senderPackages: lazy,
      receiverPackages: newer,
      send,
      receive: `${listen}; loads(bytes); ${tell}`,
    })
    expect(other.report).toEqual([])
  })
})

describe('where a package is looked for', () => {
  const project = {
    'project/node_modules/library/package.json': '{ "name": "library", "version": "1.2.3" }',
    'project/node_modules/library/index.js': `exports.helper = () => 'helped'; exports.other = () => 'other'`,
    'project/node_modules/waiting/package.json':
      '{ "name": "waiting", "version": "1.0.0", "type": "module", "exports": "./index.js" }',
    'project/node_modules/waiting/index.js': `await null; export const wait = () => 'waited'`,
    'project/uses.mjs': `
      import { helper } from 'library'
      import { wait } from 'waiting'
      export const run = () => helper()
      export const other = () => wait()`,
  }
  const inProject = (workspace: Workspace, text: string) => {
    workspace.write({
      ...project,
      'elsewhere/about.txt': 'the working directory',
      'project/main.mjs': `import * as cornichon from ${JSON.stringify(distUrl)}\n${text}`,
    })
    return JSON.parse(run(workspace.path('elsewhere'), ['../project/main.mjs']))
  }

  test("in the sending process from the origin's folder, whatever the working directory", () => {
    const workspace = createWorkspace()
    try {
      workspace.write(project)
      workspace.write({
        'project/send.mjs': `
          import { writeFileSync } from 'node:fs'
          import * as cornichon from ${JSON.stringify(distUrl)}
          import library from 'library'
          writeFileSync('bundle', cornichon.dumps(library.other))`,
      })
      run(workspace.path('project'), ['send.mjs'])
      const found = inProject(
        workspace,
        `import { readFileSync } from 'node:fs'
        import * as uses from './uses.mjs'
        const bytes = cornichon.dumps({ run: uses.run, other: uses.other })
        const copy = cornichon.loads(bytes)
        // Another process's, which has the same package: this one never referred to that export.
        const theirs = cornichon.loads(readFileSync('../project/bundle'))
        console.log(JSON.stringify([copy.run(), copy.other(), theirs(), Buffer.from(bytes).includes('project')]))`,
      )
      expect(found).toEqual(['helped', 'waited', 'other', false])
    } finally {
      workspace.remove()
    }
  })
})
