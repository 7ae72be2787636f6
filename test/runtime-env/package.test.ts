// Folders become packages: what is in them, what they are called, what they refuse.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, symlinkSync, truncateSync, utimesSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { packageArchive, packageFolder } from '../../runtime-env/package/index.ts'
import { createWorkspace, type Workspace } from '../support/workspace.ts'
import { makeProgram, pathsOf, sha256 } from './tree.ts'

let workspace: Workspace
beforeEach(() => {
  workspace = createWorkspace()
})
afterEach(() => {
  vi.restoreAllMocks()
  workspace.remove()
})

const packed = (excludes: readonly string[] = [], folder = 'app') =>
  packageFolder(workspace.path(folder), { excludes })

describe('what of a folder is packaged', () => {
  it('everything but version control, installed packages and build caches', () => {
    workspace.write({
      'app/main.js': '',
      'app/data/x.csv': '',
      'app/.env': '',
      'app/.git/HEAD': '',
      'app/sub/.git': 'gitdir: elsewhere',
      'app/node_modules/a/index.js': '',
      'app/sub/node_modules/a/index.js': '',
      'app/.cache/x': '',
      'app/.next/cache/x': '',
      'app/.next/server.js': '',
      'app/tsconfig.tsbuildinfo': '',
      'app/.DS_Store': '',
    })
    expect(pathsOf(packed())).toEqual(['.env', '.next/server.js', 'data/x.csv', 'main.js'])
  })

  it('is what is left out else, where excludes asks for it', () => {
    workspace.write({ 'app/node_modules/a/index.js': '', 'app/.git/HEAD': '', 'app/main.js': '' })
    expect(pathsOf(packed(['!node_modules']))).toEqual(['main.js', 'node_modules/a/index.js'])
    expect(pathsOf(packed(['!node_modules', '!.git', '/main.js']))).toEqual([
      '.git/HEAD',
      'node_modules/a/index.js',
    ])
  })

  it('follows .gitignore and .cornichonignore at any depth, the deeper ones later', () => {
    workspace.write({
      'app/.gitignore': '*.log\n/build\nsecret\n',
      'app/a.log': '',
      'app/build/x': '',
      'app/src/build/x': '',
      'app/src/secret': '',
      'app/src/.gitignore': '!keep.log\n/local\n',
      'app/src/keep.log': '',
      'app/src/other.log': '',
      'app/src/local/x': '',
      'app/src/deep/local/x': '',
      'app/src/deep/.cornichonignore': 'local\n!*.log\n',
      'app/src/deep/z.log': '',
      'app/.cornichonignore': '!secret\n',
    })
    expect(pathsOf(packed())).toEqual([
      '.cornichonignore',
      '.gitignore',
      'src/.gitignore',
      'src/build/x',
      'src/deep/.cornichonignore',
      'src/deep/z.log',
      'src/keep.log',
      'src/secret',
    ])
  })

  it('excludes has the last word, against ignore files too', () => {
    workspace.write({ 'app/.gitignore': 'dist\n', 'app/dist/x.js': '', 'app/dist/x.map': '', 'app/y.js': '' })
    expect(pathsOf(packed(['!dist', '*.map', '.gitignore']))).toEqual(['dist/x.js', 'y.js'])
  })

  it('agrees with git on which files its own rules leave out', () => {
    workspace.write({
      'app/.gitignore':
        '*.o\n!keep.o\n/top\ndeep/**/x\n\\#literal\nfoo/\n[ab].txt\n**/logs/*.txt\ntrailing\\ \n',
      'app/a.o': '',
      'app/keep.o': '',
      'app/top/1': '',
      'app/sub/top': '',
      'app/deep/1/2/x': '',
      'app/deep/y': '',
      'app/#literal': '',
      'app/foo': '',
      'app/sub/foo/1': '',
      'app/a.txt': '',
      'app/c.txt': '',
      'app/q/logs/1.txt': '',
      'app/q/logs/deep/1.txt': '',
      'app/sub/.gitignore': '!*.o\n',
      'app/sub/b.o': '',
      'app/UPPER.O': '',
      'app/ünï.o': '',
    })
    const git = (...args: string[]) =>
      execFileSync('git', args, { cwd: workspace.path('app'), encoding: 'utf8' })
    git('init', '-q')
    const seen = git(
      '-c',
      'core.quotePath=off',
      '-c',
      'core.excludesFile=',
      'ls-files',
      '-co',
      '--exclude-standard',
    )
    const byUnits = (a: string, b: string) => (a < b ? -1 : 1)
    expect(pathsOf(packed())).toEqual(seen.trim().split('\n').sort(byUnits))
  })

  it('keeps folders that are empty, and none of which all is left out', () => {
    mkdirSync(workspace.path('app/out'), { recursive: true })
    workspace.write({ 'app/logs/a.log': '', 'app/x': '' })
    expect(pathsOf(packed(['*.log']))).toEqual(['out', 'x'])
  })
})

describe('the name of a package', () => {
  const files = { 'app/a.txt': 'one', 'app/b/c.txt': 'two', 'app/b/d.txt': 'three', 'app/ü.txt': 'four' }

  it('is the same for the same tree, whatever its place, its times, the order it was made in and the umask', () => {
    workspace.write(files)
    makeProgram(workspace, 'app/run.sh', 0o755)
    const first = packed()
    utimesSync(workspace.path('app/a.txt'), 1, 1)
    expect(packed().uri).toBe(first.uri)
    const other = createWorkspace()
    const umask = process.umask(0o077)
    try {
      makeProgram(other, 'app/run.sh', 0o700)
      other.write(Object.fromEntries(Object.entries(files).reverse()))
    } finally {
      process.umask(umask)
    }
    const again = packageFolder(other.path('app'))
    other.remove()
    expect(again).toEqual({ ...first, path: other.path('app') })
  })

  it('is known: it does not change from version to version', () => {
    workspace.write(files)
    makeProgram(workspace, 'app/run.sh')
    symlinkSync('b/c.txt', workspace.path('app/link'))
    mkdirSync(workspace.path('app/empty'))
    const lines = [
      ['100644', sha256('one'), 'a.txt'],
      ['100644', sha256('two'), 'b/c.txt'],
      ['100644', sha256('three'), 'b/d.txt'],
      ['40755', '', 'empty'],
      ['120777', sha256('b/c.txt'), 'link'],
      ['100755', sha256('#!/bin/sh\n'), 'run.sh'],
      ['100644', sha256('four'), 'ü.txt'],
    ].map(([mode, hash, path]) => `${mode} ${hash} ${JSON.stringify(path)}\n`)
    expect(packed().uri).toBe(`cornichon://pkg_${sha256(`cornichon package 1\n${lines.join('')}`)}.zip`)
  })

  it.each<[string, () => void]>([
    ['a byte', () => workspace.write({ 'app/a.txt': 'onE' })],
    ['a path', () => (workspace.remove('app/a.txt'), workspace.write({ 'app/a2.txt': 'one' }))],
    ['a mode', () => makeProgram(workspace, 'app/tool', 0o755)],
    ['a file more', () => workspace.write({ 'app/z': '' })],
    ['a folder more', () => mkdirSync(workspace.path('app/z'))],
  ])('is another with %s changed', (_, change) => {
    workspace.write(files)
    makeProgram(workspace, 'app/tool', 0o644)
    const before = packed().uri
    change()
    expect(packed().uri).not.toBe(before)
  })

  it('sees a change that leaves size and time of a file as they were', () => {
    workspace.write(files)
    utimesSync(workspace.path('app/a.txt'), 1000, 1000)
    const before = packed().uri
    workspace.write({ 'app/a.txt': 'two' })
    utimesSync(workspace.path('app/a.txt'), 1000, 1000)
    expect(packed().uri).not.toBe(before)
  })

  it('of an archive is the hash of its bytes', () => {
    workspace.write({ 'x.tgz': 'bytes', 'y.tar.gz': 'bytes', 'z.zip': 'bytes' })
    const named = (name: string) => packageArchive(workspace.path(name)).uri
    expect(named('x.tgz')).toBe(`cornichon://pkg_${sha256('bytes')}.tgz`)
    expect(named('y.tar.gz')).toBe(named('x.tgz'))
    expect(named('z.zip')).toBe(`cornichon://pkg_${sha256('bytes')}.zip`)
  })
})

describe('links', () => {
  it('that stay inside are kept as links; absolute ones are written relative', () => {
    workspace.write({ 'app/b/c.txt': 'two' })
    symlinkSync('b/c.txt', workspace.path('app/file'))
    symlinkSync('b', workspace.path('app/folder'))
    symlinkSync(workspace.path('app/b/c.txt'), workspace.path('app/b/absolute'))
    symlinkSync('nothing/there', workspace.path('app/dangling'))
    symlinkSync('.', workspace.path('app/b/itself'))
    const links = packed().files.filter(({ target }) => target !== undefined)
    expect(links.map(({ path, target, mode }) => [path, target, mode])).toEqual([
      ['b/absolute', 'c.txt', 0o120777],
      ['b/itself', '.', 0o120777],
      ['dangling', 'nothing/there', 0o120777],
      ['file', 'b/c.txt', 0o120777],
      ['folder', 'b', 0o120777],
    ])
  })

  it.each([
    ['outside', '../outside.txt'],
    ['to the folder above', '..'],
    ['by an absolute path', '/etc/hostname'],
    ['through a link that is inside', 'b/up/../../outside.txt'],
  ])('that leave the folder are an error that names them: %s', (_, target) => {
    workspace.write({ 'outside.txt': 'secret', 'app/b/c/x': '', 'app/fine': '' })
    symlinkSync('..', workspace.path('app/b/up'))
    symlinkSync(target, workspace.path('app/bad'))
    expect(() => packed()).toThrow(`bad is a link to ${target}, which is outside`)
    expect(pathsOf(packed(['bad']))).toEqual(['b/c/x', 'b/up', 'fine'])
  })

  it('the folder itself may be one', () => {
    workspace.write({ 'app/x': 'y' })
    symlinkSync('app', workspace.path('link'))
    expect(packed([], 'link').uri).toBe(packed().uri)
  })
})

describe('what no package can be', () => {
  it('a pipe is an error that names it, unless it is left out', () => {
    workspace.write({ 'app/x': '' })
    execFileSync('mkfifo', [workspace.path('app/pipe')])
    expect(() => packed()).toThrow('pipe is a pipe')
    expect(pathsOf(packed(['pipe']))).toEqual(['x'])
  })

  it('more than 500 MiB, naming the largest files', () => {
    workspace.write({ 'app/small': 'x', 'app/data/large.bin': '', 'app/larger.bin': '' })
    truncateSync(workspace.path('app/data/large.bin'), 200 * 2 ** 20)
    truncateSync(workspace.path('app/larger.bin'), 301 * 2 ** 20)
    const act = () => packed()
    expect(act).toThrow(RangeError)
    expect(act).toThrow(/501 MiB.*500 MiB.*larger\.bin \(301 MiB\), data\/large\.bin \(200 MiB\)/)
    workspace.write({ 'app/.cornichonignore': '*.bin' })
    expect(pathsOf(packed())).toEqual(['.cornichonignore', 'small'])
  })

  it('a file of 10 MiB is warned of, by its path', () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    workspace.write({ 'app/fine.bin': '', 'app/data/large.bin': '' })
    truncateSync(workspace.path('app/fine.bin'), 10 * 2 ** 20 - 1)
    packed()
    expect(warnings).not.toHaveBeenCalled()
    truncateSync(workspace.path('app/data/large.bin'), 10 * 2 ** 20)
    packed()
    expect(warnings).toHaveBeenCalledWith(
      expect.stringContaining('data/large.bin (10.0 MiB)'),
      expect.objectContaining({ type: 'LargePackageWarning' }),
    )
    rmSync(workspace.path('app/data'), { recursive: true })
  })
})

describe('names that a worker would not unpack', () => {
  it('are refused here: those that differ in case or spelling alone', () => {
    workspace.write({
      'app/Read.me': '',
      'app/a.txt': '',
      'app/read.ME': '',
      'app/Dir/x': '',
      'app/dir/y': '',
    })
    // A file system that does not tell them apart has but one of each.
    if (readdirSync(workspace.path('app')).length === 3) return
    expect(() => packed()).toThrow(/Read\.me and read\.ME are the same/)
    expect(() => packed(['read.ME'])).toThrow(/Dir and dir are the same/)
    expect(pathsOf(packed(['read.ME', '/dir']))).toEqual(['Dir/x', 'Read.me', 'a.txt'])
  })

  it('are refused here: those with separators of other systems', () => {
    if (process.platform === 'win32') return
    workspace.write({ 'app/a\\b': '' })
    expect(() => packed()).toThrow(/backslash/)
  })
})
