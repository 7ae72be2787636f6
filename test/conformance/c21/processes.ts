// C21: text that no file holds, or that another context or thread runs: the command line, stdin, the REPL, data:
// modules, `vm`, workers.
import { sendFile, type ToolchainCase } from '../../support/toolchain.ts'
import { plain, plainExercise, plainExpected } from './plain.ts'

const importSend = ['--import', sendFile]
const send = `process.emit('send', value)`
const text = `${plain}\n${send}\n`
const quoted = JSON.stringify

const it = (title: string, more: Partial<ToolchainCase> & Pick<ToolchainCase, 'run'>): ToolchainCase => ({
  title,
  files: () => ({}),
  exercise: plainExercise,
  expected: plainExpected,
  ...more,
})

/** A CommonJS file that runs the program somehow. */
const script = (title: string, content: string, flags: readonly string[] = []): ToolchainCase =>
  it(title, { files: () => ({ 'main.cjs': content }), run: [...flags, ...importSend, 'main.cjs'] })

const module = (title: string, content: string, flags: readonly string[] = []): ToolchainCase =>
  it(title, { files: () => ({ 'main.mjs': content }), run: [...flags, ...importSend, 'main.mjs'] })

const dataUrl = (content: string) => `data:text/javascript,${encodeURIComponent(content)}`

export const commandLine: readonly ToolchainCase[] = [
  it('node --eval', { run: [...importSend, '--eval', text] }),
  it('node --print', { run: [...importSend, '--print', text] }),
  it('node --input-type=module --eval', { run: [...importSend, '--input-type=module', '--eval', text] }),
  it('a script on stdin', { run: [...importSend, '-'], stdin: text }),
  it('a module on stdin', { run: [...importSend, '--input-type=module', '-'], stdin: text }),
  it('the REPL, line by line', {
    run: ['--interactive'],
    stdin: `${plain}\nawait (await import(process.env.C21_SEND)).send(value)\n`,
  }),
  it('the REPL in strict mode, by repl.start', {
    files: () => ({
      'main.cjs': `require('node:repl').start({ useGlobal: false, replMode: require('node:repl').REPL_MODE_STRICT })`,
    }),
    run: ['main.cjs'],
    stdin: `${plain}\nawait (await import(process.env.C21_SEND)).send(value)\n`,
  }),
  module(
    'data: modules that import each other',
    `import { value } from ${quoted(dataUrl(`import { value } from ${quoted(dataUrl(`${plain}\nexport { value }`))}\nexport { value }`))}
     ${send}`,
  ),
]

export const contexts: readonly ToolchainCase[] = [
  script('vm.runInThisContext', `require('node:vm').runInThisContext(${quoted(text)}, 'somewhere.js')`),
  script(
    'vm.Script with an offset',
    `
    const vm = require('node:vm')
    new vm.Script(${quoted(text)}, { filename: 'somewhere.js', lineOffset: 10, columnOffset: 20 }).runInThisContext()`,
  ),
  script(
    'vm.createContext and vm.runInContext',
    `
    const vm = require('node:vm')
    const context = vm.createContext({ setTimeout })
    const value = vm.runInContext(${quoted(`${plain}\nvalue`)}, context)
    ${send}`,
  ),
  script(
    'vm.runInContext: several scripts of one context',
    `
    const vm = require('node:vm')
    const context = vm.createContext({ setTimeout })
    vm.runInContext(${quoted(plain)}, context)
    const value = vm.runInContext('value', context)
    ${send}`,
  ),
  script(
    'vm.runInNewContext with strict code',
    `
    const value = require('node:vm').runInNewContext(${quoted(`'use strict';${plain}\nvalue`)}, { setTimeout })
    ${send}`,
  ),
  script(
    'vm.compileFunction',
    `
    const value = require('node:vm').compileFunction(${quoted(`${plain}\nreturn value`)}, ['unused'])()
    ${send}`,
  ),
  script(
    'vm.compileFunction in a context with extensions',
    `
    const vm = require('node:vm')
    const parsingContext = vm.createContext({ setTimeout })
    const value = vm.compileFunction(${quoted(`${plain}\nreturn value`)}, [], { parsingContext, contextExtensions: [{ extra: 1 }] })()
    ${send}`,
  ),
  script(
    'new Function',
    `
    const value = new Function(${quoted(`${plain}\nreturn value`)})()
    ${send}`,
  ),
  script(
    'indirect and direct eval',
    `
    const value = eval(${quoted(`${plain}\nvalue`)})
    ${send}`,
  ),
  module(
    'vm.SourceTextModule in this context',
    `
    import vm from 'node:vm'
    const module = new vm.SourceTextModule(${quoted(`${plain}\nexport { value }`)})
    await module.link(() => {})
    await module.evaluate()
    const { value } = module.namespace
    ${send}`,
    ['--experimental-vm-modules', '--no-warnings'],
  ),
  module(
    'vm.SourceTextModule in another context, linked with another',
    `
    import vm from 'node:vm'
    const context = vm.createContext({ setTimeout })
    const outer = new vm.SourceTextModule('import { value } from "inner"; export { value }', { context })
    await outer.link((specifier) => new vm.SourceTextModule(${quoted(`${plain}\nexport { value }`)}, { context, identifier: specifier }))
    await outer.evaluate()
    const { value } = outer.namespace
    ${send}`,
    ['--experimental-vm-modules', '--no-warnings'],
  ),
  script(
    'a CommonJS module compiled by hand',
    `
    const Module = require('node:module')
    const made = new Module('virtual.js')
    made._compile(${quoted(`${plain}\nmodule.exports = value`)}, __dirname + '/virtual.js')
    const value = made.exports
    ${send}`,
  ),
]

const worker = (file: string, option = '') => `
  const { Worker } = require('node:worker_threads')
  new Worker(${file}, { ${option} }).on('error', (error) => { console.error(error); process.exitCode = 1 })`

export const threads: readonly ToolchainCase[] = [
  it('dumped in a worker, ES module', {
    files: () => ({ 'worker.mjs': text, 'main.cjs': worker(`__dirname + '/worker.mjs'`) }),
    run: [...importSend, 'main.cjs'],
  }),
  it('dumped in a worker, CommonJS', {
    files: () => ({ 'worker.cjs': text, 'main.cjs': worker(`__dirname + '/worker.cjs'`) }),
    run: [...importSend, 'main.cjs'],
  }),
  it('dumped in a worker whose code is a string', {
    files: () => ({
      'main.cjs': worker(
        quoted(`${plain}\nimport(process.env.C21_SEND).then(({ send }) => send(value))`),
        'eval: true',
      ),
    }),
    run: ['main.cjs'],
  }),
  it('dumped in a worker of a data: module', {
    files: () => ({ 'main.cjs': worker(`new URL(${quoted(dataUrl(text))})`) }),
    run: [...importSend, 'main.cjs'],
  }),
  it('dumped in the main thread, loaded and dumped again in a worker', {
    files: () => ({
      'main.mjs': `
        import { readFileSync } from 'node:fs'
        import { Worker, isMainThread, workerData } from 'node:worker_threads'
        const { cornichon } = JSON.parse(readFileSync(process.env.C21_JOB, 'utf8'))
        const { dumps, loads } = await import(cornichon)
        if (isMainThread) {
          ${plain}
          new Worker(new URL(import.meta.url), { workerData: dumps(value) })
        } else {
          const value = loads(workerData)
          ${send}
        }`,
    }),
    run: [...importSend, 'main.mjs'],
  }),
  it('dumped in a worker, loaded and dumped again in the main thread', {
    files: () => ({
      'main.mjs': `
        import { readFileSync } from 'node:fs'
        import { Worker, isMainThread, parentPort } from 'node:worker_threads'
        const { cornichon } = JSON.parse(readFileSync(process.env.C21_JOB, 'utf8'))
        const { dumps, loads } = await import(cornichon)
        if (isMainThread) {
          new Worker(new URL(import.meta.url)).on('message', (bytes) => {
            const value = loads(bytes)
            ${send}
          })
        } else {
          ${plain}
          parentPort.postMessage(dumps(value))
        }`,
    }),
    run: [...importSend, 'main.mjs'],
  }),
]
