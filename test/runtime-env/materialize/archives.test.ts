// Archives into folders: what is in them comes out as it was, and what is against the rules refuses them as a whole.

import { randomBytes } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { defaultLimits, UnpackTree, unpack, unpackInto } from '../../../runtime-env/unpack/index.ts'
import { type Forged, tarOf, tgzOf, zipOf } from '../../support/archives.ts'
import { createWorkspace } from '../../support/workspace.ts'

const workspace = createWorkspace()
afterAll(() => workspace.remove())

let count = 0
const fresh = () => {
  const folder = workspace.path(`out-${count++}`, 'inner')
  mkdirSync(folder, { recursive: true })
  return folder
}

async function unpacked(bytes: Uint8Array, limits: Partial<typeof defaultLimits> = {}): Promise<string> {
  workspace.write({ 'archive.bin': bytes })
  const folder = fresh()
  await unpack(
    { file: workspace.path('archive.bin'), limits: { ...defaultLimits, ...limits }, name: 'the-archive' },
    folder,
  )
  return folder
}

const LINK = 0o120777
const FOLDER = 0o40755
const kinds = {
  zip: {
    make: zipOf,
    link: (path: string, target: string): Forged => ({ path, content: target, mode: LINK }),
    folder: (path: string): Forged => ({ path: `${path}/`, mode: FOLDER }),
  },
  tgz: {
    make: tgzOf,
    link: (path: string, target: string): Forged => ({ path, type: 'SymbolicLink', target }),
    folder: (path: string): Forged => ({ path: `${path}/`, type: 'Directory' }),
  },
}

describe.each(Object.entries(kinds))('a .%s', (_, { make, link, folder }) => {
  const refused = async (entries: readonly Forged[], why: RegExp, limits = {}) => {
    const before = readdirSync(workspace.folder).length
    const error = await unpacked(make(entries), limits).then(
      () => null,
      (thrown: Error) => thrown,
    )
    expect(error?.message).toMatch(why)
    expect(error?.message).toContain('the-archive')
    // Nothing came beside the folder that was meant.
    expect(readdirSync(workspace.path(`out-${count - 1}`))).toEqual(['inner'])
    expect(readdirSync(workspace.folder).length).toBeLessThanOrEqual(before + 2)
  }

  it('comes out with its bytes, folders, modes and links', async () => {
    const large = randomBytes(3_000_000)
    const out = await unpacked(
      make([
        folder('empty'),
        { path: 'a.txt', content: 'äöü' },
        { path: 'none', content: '' },
        { path: 'bin/tool', content: '#!', mode: 0o100755 },
        { path: 'deep/er/large', content: large },
        link('deep/to-a', '../a.txt'),
        link('to-deep', 'deep/er'),
        link('dangling', 'nowhere'),
      ]),
    )
    expect(readFileSync(`${out}/a.txt`, 'utf8')).toBe('äöü')
    expect(readFileSync(`${out}/none`, 'utf8')).toBe('')
    expect(readFileSync(`${out}/deep/er/large`).equals(large)).toBe(true)
    expect(readFileSync(`${out}/to-deep/large`).equals(large)).toBe(true)
    expect(readFileSync(`${out}/deep/to-a`, 'utf8')).toBe('äöü')
    expect(readlinkSync(`${out}/dangling`)).toBe('nowhere')
    expect(readdirSync(`${out}/empty`)).toEqual([])
    expect(statSync(`${out}/bin/tool`).mode & 0o777).toBe(0o755)
    expect(statSync(`${out}/a.txt`).mode & 0o777).toBe(0o644)
  })

  it('comes out whole with thousands of files of all sizes', async () => {
    const entries = Array.from({ length: 2000 }, (_, i) => ({
      path: `d${i % 17}/f${i}`,
      content: randomBytes(Math.floor(1.006 ** i)),
    }))
    const out = await unpacked(make(entries))
    for (const { path, content } of entries) expect(readFileSync(`${out}/${path}`).equals(content)).toBe(true)
  })

  it('gives no file more rights than to be run', async () => {
    const out = await unpacked(make([{ path: 'tool', content: 'x', mode: 0o106777 & ~0o2000 }]))
    expect(lstatSync(`${out}/tool`).mode & 0o7777).toBe(0o755)
  })

  it.each([
    ['..', '../evil', /leaves the folder/],
    ['.. further in', 'a/b/../../../evil', /leaves the folder/],
    ['.. that stays inside', 'a/../b', /leaves the folder/],
    ['an absolute path', '/tmp/evil', /absolute path/],
    ["a drive's path", 'C:/evil', /absolute path/],
    ['backslashes', '..\\evil', /backslash/],
  ])('is refused for %s in a path', (_, path, why) => refused([{ path, content: 'x' }], why))

  it.each([
    ['to above the folder', 'l', '../x'],
    ['to above the folder, by way of it', 'a/l', '../../x'],
    ['to above the folder, through a folder', 'a/l', 'b/../../../x'],
    ['to an absolute path', 'l', '/etc/passwd'],
    ["to a drive's path", 'l', 'C:\\x'],
  ])('is refused for a link %s', (_, path, target) =>
    refused([link(path, target)], /leaves the folder|absolute path/),
  )

  it('is refused for a link that leaves the folder through another link', () =>
    refused([{ path: 'x/y/f' }, link('x/y/up', '../..'), link('out', 'x/y/up/..')], /leaves the folder/))

  it('takes links that go in a circle, which lead nowhere', async () => {
    const out = await unpacked(make([link('a', 'b'), link('b', 'a')]))
    expect(readlinkSync(`${out}/a`)).toBe('b')
  })

  it('is refused where an entry would be written through a link', async () => {
    await refused([link('a', 'b'), { path: 'a/evil', content: 'x' }], /a link/)
    await refused([{ path: 'a/evil', content: 'x' }, link('a', 'b')], /"a" is a link, and a folder before/)
    await refused(
      [link('a', 'b'), { path: 'a', content: 'x' }],
      /"a" is a (file, and a link|link, and a file) before/,
    )
    await refused([folder('a'), link('a', '.'), { path: 'a/evil' }], /is a link/)
  })

  it('is refused where two entries are one', async () => {
    await refused([{ path: 'a' }, { path: 'a' }], /twice/)
    await refused([{ path: 'a' }, { path: './a' }], /twice/)
    await refused([{ path: 'a' }, { path: 'a/b' }], /under "a", which is a file/)
    await refused([link('a', 'b'), link('a', 'c')], /twice/)
  })

  it('is refused where two names differ in case or spelling alone', async () => {
    await refused([{ path: 'Read.me' }, { path: 'read.ME' }], /case/)
    await refused([{ path: 'Folder/a' }, { path: 'folder/b' }], /case/)
    await refused([{ path: '\u00e9' }, { path: 'e\u0301' }], /case/)
    await refused([link('A', 'sub'), { path: 'a/evil' }], /is a link|case/)
  })

  it('is refused past the limits of bytes and entries', async () => {
    const zeros = Buffer.alloc(100_000)
    await refused([{ path: 'a', content: zeros }], /97.7 KiB|90000|87.9 KiB/, { maxBytes: 90_000 })
    const many = Array.from({ length: 11 }, (_, i) => ({ path: `f${i}` }))
    await refused(many, /more than 10 entries/, { maxFiles: 10 })
  })

  it('is refused as a bomb: many times larger than itself', () =>
    refused([{ path: 'zeros', content: Buffer.alloc(20 * 2 ** 20) }], /200 times as large as the archive/, {
      ratioFrom: 10 * 2 ** 20,
    }))

  it('is refused when it is cut short', async () => {
    const whole = make([{ path: 'a', content: randomBytes(100_000) }])
    await expect(unpacked(whole.subarray(0, 50_000))).rejects.toThrow(/the-archive/)
  })

  it('stops when it is told to', async () => {
    workspace.write({ 'archive.bin': make([{ path: 'a', content: randomBytes(5_000_000) }]) })
    const request = { file: workspace.path('archive.bin'), limits: defaultLimits }
    const signal = AbortSignal.abort(new Error('told to'))
    await expect(unpack({ ...request, signal }, fresh())).rejects.toThrow('told to')
  })
})

describe('a .tgz', () => {
  it.each(['CharacterDevice', 'BlockDevice', 'FIFO'])('is refused for a %s', async (type) => {
    await expect(unpacked(tgzOf([{ path: 'x', type }]))).rejects.toThrow(`is a ${type}, no file or folder`)
  })

  it('makes hard links copies, of files of its own alone', async () => {
    const out = await unpacked(
      tgzOf([
        { path: 'a', content: 'x', mode: 0o755 },
        { path: 'b', type: 'Link', target: 'a' },
      ]),
    )
    expect(readFileSync(`${out}/b`, 'utf8')).toBe('x')
    expect(lstatSync(`${out}/b`).nlink).toBe(1)
    expect(lstatSync(`${out}/b`).mode & 0o777).toBe(0o755)
    for (const target of ['/etc/passwd', '../x', 'later'])
      await expect(unpacked(tgzOf([{ path: 'b', type: 'Link', target }]))).rejects.toThrow(
        /absolute|leaves|no file before/,
      )
    await expect(
      unpacked(
        tgzOf([
          { path: 'l', type: 'SymbolicLink', target: 'a' },
          { path: 'b', type: 'Link', target: 'l' },
        ]),
      ),
    ).rejects.toThrow(/no file before/)
  })

  it('is refused when it is compressed twice, so that nothing escapes the count', async () => {
    await expect(unpacked(gzipSync(tgzOf([{ path: 'a' }])))).rejects.toThrow(/compressed once more/)
  })

  it('is refused when what is in it is no tar', async () => {
    await expect(unpacked(gzipSync(randomBytes(2000)))).rejects.toThrow(/the-archive/)
    await expect(unpacked(gzipSync('short'))).rejects.toThrow(/the-archive/)
  })

  it('is refused when a header is damaged', async () => {
    const tar = tarOf([
      { path: 'a', content: 'x' },
      { path: 'b', content: 'y' },
    ])
    tar[1024 + 3] = 65
    await expect(unpacked(gzipSync(tar))).rejects.toThrow(/the-archive/)
  })
})

describe('a .zip', () => {
  it.each([
    ['named pipe', 0o010644],
    ['character device', 0o020644],
    ['block device', 0o060644],
    ['socket', 0o140644],
  ])('is refused for a %s', async (type, mode) => {
    await expect(unpacked(zipOf([{ path: 'x', mode }]))).rejects.toThrow(`is a ${type}, no file or folder`)
  })

  it('is refused for bytes that are not those of its checksum', async () => {
    await expect(unpacked(zipOf([{ path: 'x', content: 'abc', claims: { crc: 1 } }]))).rejects.toThrow(
      /damaged/,
    )
  })

  it('is refused where an entry is larger or smaller than it says', async () => {
    for (const size of [10, 100_000])
      await expect(
        unpacked(zipOf([{ path: 'x', content: Buffer.alloc(50_000), claims: { size } }])),
      ).rejects.toThrow(/the-archive/)
  })

  it('is refused for entries that are encrypted or compressed in another way', async () => {
    await expect(unpacked(zipOf([{ path: 'x', claims: { flags: 1 } }]))).rejects.toThrow(/encrypted/)
    await expect(unpacked(zipOf([{ path: 'x', claims: { method: 12 } }]))).rejects.toThrow(/deflate/)
  })

  it('is refused for a name that no file system takes', async () => {
    await expect(unpacked(zipOf([{ path: 'x'.repeat(300) }]))).rejects.toThrow(/longer/)
    await expect(unpacked(zipOf([{ path: 'x\0y' }]))).rejects.toThrow(/zero character/)
    await expect(unpacked(zipOf([{ path: 'x/'.repeat(1000) }]))).rejects.toThrow(/too deep/)
  })

  it('may be empty', async () => {
    expect(readdirSync(await unpacked(zipOf([])))).toEqual([])
  })
})

describe('several archives', () => {
  const over = async (...archives: Buffer[]) => {
    const folder = fresh()
    const tree = new UnpackTree(folder)
    for (const [i, bytes] of archives.entries()) {
      workspace.write({ [`archive-${i}`]: bytes })
      await unpackInto({ file: workspace.path(`archive-${i}`), limits: defaultLimits }, tree, 'work')
    }
    await tree.finish()
    return `${folder}/work`
  }
  const { link } = kinds.zip

  it('lie one over the other, the later file in place of the earlier', async () => {
    const out = await over(
      zipOf([{ path: 'a', content: '1' }, { path: 'b/c', content: '1' }, link('l', 'a')]),
      tgzOf([
        { path: 'a', content: '2' },
        { path: 'b/d', content: '2' },
        { path: 'l', content: 'file' },
      ]),
    )
    expect(['a', 'b/c', 'b/d', 'l'].map((path) => readFileSync(`${out}/${path}`, 'utf8'))).toEqual([
      '2',
      '1',
      '2',
      'file',
    ])
    expect(lstatSync(`${out}/l`).isFile()).toBe(true)
  })

  it('are refused where the later would write through a link of the earlier', async () => {
    await expect(over(zipOf([link('a', 'b')]), zipOf([{ path: 'a/evil' }]))).rejects.toThrow(
      /under ".*a", which is a link/,
    )
  })

  it('are refused where their links leave the folder together', async () => {
    await expect(
      over(zipOf([{ path: 'x/y/f' }, link('x/y/up', '../..')]), zipOf([link('out', 'x/y/up/..')])),
    ).rejects.toThrow(/leaves the folder/)
  })

  it('are refused where one has a folder and the other a file', async () => {
    await expect(over(zipOf([{ path: 'a/b' }]), zipOf([{ path: 'a' }]))).rejects.toThrow(/a folder before/)
  })
})

it('anything else is no archive', async () => {
  await expect(unpacked(Buffer.from('hello, world'))).rejects.toThrow(/the-archive: it is no archive/)
  await expect(unpacked(Buffer.alloc(0))).rejects.toThrow(/no archive/)
})
