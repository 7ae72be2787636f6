// What a field may be, and what is said of what it may not: the field, what it got, what is meant.
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RuntimeEnv, registerRuntimeEnvPlugin, unregisterRuntimeEnvPlugin } from '../../runtime-env/index.ts'
import { createWorkspace } from '../support/workspace.ts'

const workspace = createWorkspace()
const hash = 'a'.repeat(64)

beforeAll(() => {
  workspace.write({
    'project/main.js': '',
    'project/package.json': '{ "dependencies": { "lodash": "^4" } }',
    'project/package-lock.json': '{ "lockfileVersion": 3, "packages": {} }',
    'archive.zip': '',
    'archive.tgz': '',
    'notes.txt': '',
    'package/package.json': '{ "name": "mine", "version": "1.0.0" }',
    'nameless/package.json': '{}',
  })
  registerRuntimeEnvPlugin({ name: 'gpu', schema: { type: 'object', required: ['count'] } })
  registerRuntimeEnvPlugin({ name: 'anything' })
})
afterAll(() => {
  unregisterRuntimeEnvPlugin('gpu')
  unregisterRuntimeEnvPlugin('anything')
  workspace.remove()
})

const from = (fields: unknown) => RuntimeEnv.from(fields as object, { base: workspace.folder })

describe('each field', () => {
  it.each<[string, object, object]>([
    ['a folder', { workingDir: './project' }, { workingDir: workspace.path('project') }],
    ['an archive', { workingDir: 'archive.zip' }, { workingDir: workspace.path('archive.zip') }],
    ['a URL', { workingDir: 'https://h/a.tgz?x=1' }, { workingDir: 'https://h/a.tgz?x=1' }],
    [
      'archives by path and URI',
      { uris: ['archive.tgz', 'http://h/a.tar.gz', 'file:///a/b.zip', `cornichon://pkg_${hash}.zip`] },
      {
        uris: [
          workspace.path('archive.tgz'),
          'http://h/a.tar.gz',
          'file:///a/b.zip',
          `cornichon://pkg_${hash}.zip`,
        ],
      },
    ],
    ['patterns', { excludes: ['*.log', '!keep.log', '/build/', '[]a].txt', '\\#x', 'a\\ '] }, {}],
    ["'auto'", { npm: 'auto' }, { npm: { packages: 'auto' } }],
    ['a list', { npm: ['lodash@^4', 'zod'] }, { npm: { packages: ['lodash@^4', 'zod'] } }],
    ['a folder of a package', { npm: ['./package'] }, { npm: { packages: [workspace.path('package')] } }],
    [
      'a package.json',
      { npm: 'project/package.json' },
      { npm: { packageJson: workspace.path('project/package.json') } },
    ],
    [
      'a lock file',
      { npm: { lockFile: 'project/package-lock.json', allowScripts: true } },
      { npm: { lockFile: workspace.path('project/package-lock.json'), allowScripts: true } },
    ],
    ['variables', { envVars: { A: '', 'B.C': 'x', gone: undefined } }, { envVars: { A: '', 'B.C': 'x' } }],
    ['a range', { nodeVersion: '>=20 <27' }, {}],
    ['an image', { container: { image: 'node:22', runOptions: ['--gpus=all'], engine: 'podman' } }, {}],
    ['a time', { config: { setupTimeout: 1000 } }, {}],
    ['values of plugins', { plugins: { gpu: { count: 1 }, anything: new Date(0) } }, {}],
    ['nothing', { workingDir: undefined, npm: undefined }, {}],
  ])('%s', (_, given, kept) => {
    const expected = Object.keys(kept).length > 0 ? kept : given
    expect(from(given).fields).toEqual(
      Object.fromEntries(Object.entries(expected).filter(([, value]) => value !== undefined)),
    )
    expect(RuntimeEnv.from(from(given).fields).fields).toEqual(from(given).fields)
  })

  it('a hook', () => {
    const setupHook = () => {}
    expect(from({ setupHook }).fields).toEqual({ setupHook })
  })

  it('is kept as it was when the environment was made', () => {
    const given = { envVars: { A: '1' }, plugins: { anything: { list: [1] } } }
    const { fields } = from(given)
    given.envVars.A = '2'
    given.plugins.anything.list.push(2)
    expect(fields).toEqual({ envVars: { A: '1' }, plugins: { anything: { list: [1] } } })
    expect(Object.isFrozen(fields.envVars)).toBe(true)
    expect(Object.isFrozen(given.plugins.anything.list)).toBe(false)
  })
})

describe('what is wrong is a TypeError that says where, what it got and what is meant', () => {
  it.each<[unknown, readonly string[]]>([
    // The whole.
    [null, ['an object with the fields', 'workingDir', 'not null']],
    ['env.json', ['an object', '"env.json"', 'RuntimeEnv.fromFile']],
    [[], ['an object', 'not []']],
    [{ workingDri: '.' }, ['no field workingDri', 'Did you mean workingDir?']],
    [{ xyz: 1 }, ['no field xyz', 'There are workingDir, uris']],
    // As other tools have it.
    [{ working_dir: '.' }, ['no field working_dir', 'workingDir?']],
    [{ env_vars: {} }, ['no field env_vars', 'envVars?']],
    [{ env: {} }, ['no field env', 'envVars?']],
    [{ pip: [] }, ['no field pip', 'npm?']],
    [{ conda: 'x' }, ['no field conda', 'npm?']],
    [{ py_modules: [] }, ['no field py_modules', 'uris?']],
    [{ image_uri: 'x' }, ['no field image_uri', 'container?']],
    [{ worker_process_setup_hook: 'x' }, ['no field worker_process_setup_hook', 'setupHook?']],
    [{ 'node-version': '20' }, ['no field node-version', 'nodeVersion?']],
    // workingDir
    [{ workingDir: 3 }, ['workingDir', 'a folder', 'not 3']],
    [{ workingDir: '' }, ['workingDir', 'a folder', 'not ""']],
    [{ workingDir: './projekt' }, ['workingDir', '"./projekt"', 'nothing at', 'Did you mean "project"?']],
    [{ workingDir: '~/project' }, ['workingDir', "a '~' is the shell's"]],
    [{ workingDir: 'notes.txt' }, ['workingDir', '"notes.txt"', '.zip or .tgz']],
    [{ workingDir: 's3://bucket/x.zip' }, ['workingDir', 's3:', 'http:, https:, file:, cornichon:']],
    [{ workingDir: 'https://h/x' }, ['workingDir', '.zip, .tgz or .tar.gz']],
    [{ workingDir: 'a\0b' }, ['workingDir', 'NUL']],
    [
      { workingDir: pathToFileURL(workspace.path('project')) },
      ['workingDir', 'an instance of URL', `Write "${workspace.path('project')}"`],
    ],
    // uris
    [{ uris: 'archive.zip' }, ['uris', 'a list', '["archive.zip"]']],
    [{ uris: [3] }, ['uris[0]', 'not 3']],
    [{ uris: ['archive.zip', 'project'] }, ['uris[1]', 'a folder']],
    [{ uris: ['notes.txt'] }, ['uris[0]', '.zip, .tgz']],
    [{ uris: ['archiv.zip'] }, ['uris[0]', 'Did you mean "archive.zip"?']],
    [{ uris: ['http:///x.zip'.replace('///', '//')] }, ['uris[0]', '.zip, .tgz']],
    [{ uris: ['file://x.zip'] }, ['uris[0]', 'three slashes', '"file:///x.zip"']],
    [{ uris: ['cornichon://pkg_1.zip'] }, ['uris[0]', '64 hex digits']],
    // excludes
    [{ excludes: '*.log' }, ['excludes', 'a list', '["*.log"]']],
    [{ excludes: [/x/] }, ['excludes[0]', 'patterns', 'an instance of RegExp']],
    [{ excludes: ['!'] }, ['excludes[0]', 'nothing behind the !']],
    [{ excludes: ['a[b'] }, ['excludes[0]', 'a [ has no ]']],
    [{ excludes: ['a\\'] }, ['excludes[0]', 'last backslash']],
    [{ excludes: ['./build'] }, ['excludes[0]', 'Did you mean "/build"?']],
    [{ excludes: ['!./build'] }, ['excludes[0]', 'Did you mean "!/build"?']],
    [{ excludes: ['../x'] }, ['excludes[0]', "no '..'"]],
    [{ excludes: ['build\\out'] }, ['excludes[0]', 'Did you mean "build/out"?']],
    [{ excludes: ['*.{js,ts}'] }, ['excludes[0]', '"*.js", "*.ts"']],
    [{ excludes: ['a\nb'] }, ['excludes[0]', 'one pattern']],
    [{ excludes: ['#notes'] }, ['excludes[0]', 'a comment', '\\#']],
    [{ excludes: [workspace.path('project/x')] }, ['excludes[0]', 'never matches']],
    // npm
    [{ npm: 3 }, ['npm', "'auto', a list", 'not 3']],
    [{ npm: 'lodash' }, ['npm', '["lodash"]']],
    [{ npm: 'Auto' }, ['npm', "'auto'"]],
    [{ npm: 'project' }, ['npm', 'package.json']],
    [{ npm: 'yarn.lock' }, ['npm', "lock files are npm's"]],
    [{ npm: 'requirements.txt' }, ['npm', "pip's"]],
    [{ npm: 'projct/package.json' }, ['npm', 'nothing at']],
    [{ npm: { dependencies: ['a'] } }, ['npm', 'no field dependencies', 'packages?']],
    [{ npm: { packages: { lodash: '^4' } } }, ['npm.packages', '["lodash@^4"]']],
    [{ npm: { allowScripts: 'yes' } }, ['npm.allowScripts', 'true or false', '"yes"']],
    [{ npm: { packageJson: 'project' } }, ['npm.packageJson', 'project/package.json']],
    [{ npm: ['lodash==4.17.1'] }, ['npm[0]', '"lodash@4.17.1"']],
    [{ npm: ['lodash>=4'] }, ['npm[0]', '"lodash@>=4"']],
    [{ npm: ['lodash 4'] }, ['npm[0]', '"lodash@4"']],
    [{ npm: ['lodash@'] }, ['npm[0]', 'no range', '"lodash"']],
    [{ npm: ['lodash@!4'] }, ['npm[0]', 'no semver range']],
    [{ npm: ['Lodash'] }, ['npm[0]', '"lodash"']],
    [{ npm: ['node:fs'] }, ['npm[0]', 'part of Node.js']],
    [{ npm: ['a@workspace:*'] }, ['npm[0]', 'workspace:']],
    [{ npm: ['git+ssh://h/x'] }, ['npm[0]', 'not in a registry']],
    [{ npm: ['npm install a'] }, ['npm[0]', 'one package for each item']],
    [{ npm: ['auto'] }, ['npm[0]', "npm: 'auto'"]],
    [{ npm: ['a@1', 'a@2'] }, ['npm[1]', '"a@1", too']],
    [{ npm: ['./nameless'] }, ['npm[0]', 'no name']],
    [{ npm: ['./project/main.js'] }, ['npm[0]', '.tgz']],
    [{ npm: ['./archive.tgz'] }, ['npm[0]', 'no npm package']],
    // envVars
    [{ envVars: ['A=1'] }, ['envVars', '{ A: "1" }']],
    [{ envVars: 'A=1' }, ['envVars', '{ A: "1" }']],
    [{ envVars: { A: 1 } }, ['envVars.A', 'a string, not 1', 'Write "1"']],
    [{ envVars: { A: null } }, ['envVars.A', 'write ""']],
    [{ envVars: { A: { b: 1 } } }, ['envVars.A', 'JSON.stringify']],
    [{ envVars: { 'A=B': '1' } }, ['envVars', '"A=B"', 'name']],
    [{ envVars: { A: 'x\0' } }, ['envVars.A', 'NUL']],
    // nodeVersion
    [{ nodeVersion: 22 }, ['nodeVersion', 'semver range', "Write '22'"]],
    [{ nodeVersion: 'node@22' }, ['nodeVersion', "Did you mean '22'?"]],
    [{ nodeVersion: 'lts/iron' }, ['nodeVersion', 'release line']],
    [{ nodeVersion: '>=22 <20' }, ['nodeVersion', 'no version is in that range']],
    // container
    [{ container: 'node:22' }, ['container', "{ image: 'node:22' }"]],
    [{ container: {} }, ['container.image', 'not undefined']],
    [{ container: { image: 'x', run_options: [] } }, ['container', 'no field run_options', 'runOptions?']],
    [{ container: { image: '--gpus all node' } }, ['container.image', 'runOptions']],
    [{ container: { image: 'x', runOptions: '--rm' } }, ['container.runOptions', 'a list', '["--rm"]']],
    [{ container: { image: 'x', engine: 'containerd' } }, ['container.engine', "'docker' or 'podman'"]],
    // setupHook
    [{ setupHook: 'module.function' }, ['setupHook', 'a function, not "module.function"']],
    [{ setupHook: class Hook {} }, ['setupHook', 'Hook', 'class']],
    [{ setupHook: function* hook() {} }, ['setupHook', 'hook', 'generator']],
    // config
    [{ config: 600 }, ['config', '{ setupTimeout }', 'not 600']],
    [{ config: { setup_timeout_seconds: 6 } }, ['config', 'no field setup_timeout_seconds', 'setupTimeout?']],
    [{ config: { setupTimeout: 0 } }, ['config.setupTimeout', 'milliseconds', 'not 0']],
    [{ config: { setupTimeout: '60s' } }, ['config.setupTimeout', 'Write 60000']],
    [{ config: { setupTimeout: '5m' } }, ['config.setupTimeout', 'Write 300000']],
    [{ config: { setupTimeout: -1 } }, ['config.setupTimeout', '2147483647']],
    [{ config: { setupTimeout: Number.NaN } }, ['config.setupTimeout', 'not NaN']],
    [{ setupTimeout: 5 }, ['no field setupTimeout', 'config']],
    // plugins
    [{ plugins: ['gpu'] }, ['plugins', "each plugin's name", '["gpu"]']],
    [{ plugins: { gqu: { count: 1 } } }, ['plugins.gqu', 'Did you mean gpu?']],
    [{ plugins: { gpu: {} } }, ['plugins.gpu', 'count']],
    [{ plugins: { npm: ['a'] } }, ['plugins.npm', 'a field of its own']],
    [{ plugins: { anything: { f: [() => 1] } } }, ['plugins.anything.f[0] is a function']],
    [{ plugins: { anything: new (class Own {})() } }, ['plugins.anything is an instance of Own']],
    [{ plugins: { anything: Symbol('s') } }, ['plugins.anything is a symbol']],
  ])('%j', (given, words) => {
    const failure = (() => {
      try {
        return from(given)
      } catch (error) {
        return error as Error
      }
    })()
    expect(failure).toBeInstanceOf(TypeError)
    for (const word of words) expect((failure as Error).message).toContain(word)
  })

  it('what is part of a circle', () => {
    const circle: unknown[] = []
    circle.push({ circle })
    expect(() => from({ plugins: { anything: circle } })).toThrow(
      'plugins.anything[0].circle is part of a circle',
    )
  })
})
