// Archives hold what their packages were made of, byte for byte, and nothing else.
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  PackageChangedError,
  packageArchive,
  packageFolder,
  writeArchive,
} from '../../runtime-env/package/index.ts'
import { createWorkspace, type Workspace } from '../support/workspace.ts'
import { archiveOf, makeProgram } from './tree.ts'

let workspace: Workspace
beforeEach(() => {
  workspace = createWorkspace()
})
afterEach(() => workspace.remove())

/** 3 MiB that no compression makes small, beside small files. */
function makeTree(): void {
  const noise = Buffer.alloc(3 * 2 ** 20)
  for (let i = 0, x = 1; i < noise.length; i++) noise[i] = (x = (x * 1103515245 + 12345) & 0x7fffffff) >> 16
  workspace.write({ 'app/a.txt': 'one', 'app/empty.txt': '', 'app/b/ü.txt': 'two', 'app/noise.bin': noise })
  makeProgram(workspace, 'app/run.sh')
  symlinkSync('b/ü.txt', workspace.path('app/link'))
  mkdirSync(workspace.path('app/out'))
}

describe('the archive of a folder', () => {
  it('holds its files, modes, links and empty folders', async () => {
    makeTree()
    const pkg = packageFolder(workspace.path('app'))
    const entries = await archiveOf(pkg, workspace.path('out.zip'))
    const { 'noise.bin': noise, ...rest } = entries
    expect(noise!.text).toBe(readFileSync(workspace.path('app/noise.bin')).toString())
    expect(rest).toEqual({
      'a.txt': { mode: 0o100644, text: 'one' },
      'b/ü.txt': { mode: 0o100644, text: 'two' },
      'empty.txt': { mode: 0o100644, text: '' },
      link: { mode: 0o120777, text: 'b/ü.txt' },
      'out/': { mode: 0o40755, text: '' },
      'run.sh': { mode: 0o100755, text: '#!/bin/sh\n' },
    })
  })

  it('is the same, byte for byte, each time and in each time zone', async () => {
    makeTree()
    const pkg = packageFolder(workspace.path('app'))
    const { TZ } = process.env
    const archives: Buffer[] = []
    for (const zone of ['UTC', 'Asia/Kolkata', 'America/New_York']) {
      process.env.TZ = zone
      await writeArchive(pkg, workspace.path(`${archives.length}.zip`))
      archives.push(readFileSync(workspace.path(`${archives.length}.zip`)))
    }
    if (TZ === undefined) delete process.env.TZ
    else process.env.TZ = TZ
    expect(archives[1]!.equals(archives[0]!)).toBe(true)
    expect(archives[2]!.equals(archives[0]!)).toBe(true)
  })

  it('tells how much it has read', async () => {
    makeTree()
    const pkg = packageFolder(workspace.path('app'))
    const told: number[] = []
    await writeArchive(pkg, workspace.path('out.zip'), { onProgress: (bytes) => told.push(bytes) })
    const { size: linkSize } = pkg.files.find(({ path }) => path === 'link')!
    expect(told).toEqual([...told].sort((a, b) => a - b))
    expect(told.at(-1)).toBe(pkg.size - linkSize)
  })

  it('stops when it is told to', async () => {
    makeTree()
    const pkg = packageFolder(workspace.path('app'))
    const stop = new AbortController()
    const writing = writeArchive(pkg, workspace.path('out.zip'), {
      signal: stop.signal,
      onProgress: () => stop.abort(),
    })
    await expect(writing).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('a file that changed since its package was made is an error that names it', () => {
  it.each<[string, string, () => void]>([
    ['other bytes', 'a.txt', () => workspace.write({ 'app/a.txt': 'onE' })],
    ['more bytes', 'noise.bin', () => writeFileSync(workspace.path('app/noise.bin'), 'x', { flag: 'a' })],
    ['another mode', 'a.txt', () => chmodSync(workspace.path('app/a.txt'), 0o755)],
    ['gone', 'a.txt', () => workspace.remove('app/a.txt')],
    ['a folder now', 'a.txt', () => (workspace.remove('app/a.txt'), mkdirSync(workspace.path('app/a.txt')))],
    [
      'a link elsewhere',
      'link',
      () => (workspace.remove('app/link'), symlinkSync('a.txt', workspace.path('app/link'))),
    ],
    [
      'a link to something secret',
      'a.txt',
      () => (workspace.remove('app/a.txt'), symlinkSync('/etc/hostname', workspace.path('app/a.txt'))),
    ],
  ])('%s', async (_, path, change) => {
    makeTree()
    const pkg = packageFolder(workspace.path('app'))
    change()
    const failure = await writeArchive(pkg, workspace.path('out.zip')).then(
      () => null,
      (error: unknown) => error,
    )
    expect(failure).toBeInstanceOf(PackageChangedError)
    expect(failure).toMatchObject({ path: workspace.path('app', path) })
  })
})

describe('an archive that a user gives', () => {
  it('travels as it is', async () => {
    workspace.write({ 'x.zip': Buffer.alloc(2 ** 21, 7) })
    const pkg = packageArchive(workspace.path('x.zip'))
    await writeArchive(pkg, workspace.path('out.zip'))
    expect(readFileSync(workspace.path('out.zip')).equals(readFileSync(workspace.path('x.zip')))).toBe(true)
  })

  it('is an error if it changed', async () => {
    workspace.write({ 'x.zip': 'one' })
    const pkg = packageArchive(workspace.path('x.zip'))
    workspace.write({ 'x.zip': 'two' })
    await expect(writeArchive(pkg, workspace.path('out.zip'))).rejects.toThrow(PackageChangedError)
    rmSync(workspace.path('x.zip'))
    await expect(writeArchive(pkg, workspace.path('out.zip'))).rejects.toThrow('x.zip')
  })
})
