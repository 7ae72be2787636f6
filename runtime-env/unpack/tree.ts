// A folder that archives are unpacked into, one over the other. It knows what it holds: nothing is written through a
// link, for links are made when all else is there and where they lead has been followed in the tree's own table.
import { chmod, copyFile, mkdir, open, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ArchiveEntry, ArchiveError, foldName, segmentsOf } from './entries.ts'

interface Known {
  readonly path: string
  readonly kind: 'file' | 'folder' | 'link'
  /** Which archive has put it there. */
  readonly archive: number
  readonly executable: boolean
}

interface PendingLink {
  readonly segments: readonly string[]
  readonly target: string
  /** How many of the segments are of the folder that it may not leave. */
  readonly base: number
  /** What errors call its archive. */
  readonly archive: string
}

/** Of an entry's bytes, read up to this size before the file is made: one system call instead of three. */
const AT_ONCE = 1 << 20
/** As Linux has it. */
const MOST_LINKS = 40

export class UnpackTree {
  readonly root: string
  /** By folded path. */
  readonly #known = new Map<string, Known>()
  readonly #links = new Map<string, PendingLink>()
  readonly #folders = new Map<string, Promise<unknown>>()
  #archives = 0

  constructor(root: string) {
    this.root = root
  }

  /** A place in it (with `/`) for the entries of one archive. */
  into(folder: string, name: string): Unpacking {
    return new Unpacking(this, segmentsOf(folder), this.#archives++, name)
  }

  /** Links are made here, when nothing is unpacked any more. */
  async finish(): Promise<void> {
    // All of them before the first: a link may lead on by another.
    for (const link of this.#links.values()) this.#follow(link)
    for (const { segments, target } of this.#links.values()) {
      const path = join(this.root, ...segments)
      await this.#makeFolder(segments.slice(0, -1))
      await symlink(target, path)
    }
    this.#links.clear()
  }

  // --- for Unpacking ---

  async makeFolder(segments: readonly string[], archive: number): Promise<void> {
    this.#noteParents(segments, archive)
    if (segments.length > 0) await this.#note(segments, 'folder', archive, false)
    await this.#makeFolder(segments)
  }

  async makeFile(
    segments: readonly string[],
    archive: number,
    mode: number | null,
    size: number,
    content: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const executable = mode !== null && (mode & 0o111) !== 0
    this.#noteParents(segments, archive)
    const replaced = this.#note(segments, 'file', archive, executable)
    const path = join(this.root, ...segments)
    const permissions = executable ? 0o755 : 0o644
    const chunks: Uint8Array[] = []
    if (size <= AT_ONCE) for await (const chunk of content) chunks.push(chunk)
    await replaced
    await this.#makeFolder(segments.slice(0, -1))
    if (size <= AT_ONCE) return writeFile(path, Buffer.concat(chunks), { flag: 'wx', mode: permissions })
    const file = await open(path, 'wx', permissions)
    try {
      for await (const chunk of content) await file.writeFile(chunk)
    } finally {
      await file.close()
    }
  }

  async makeLink(link: PendingLink, archive: number): Promise<void> {
    const { segments, target } = link
    if (target === '' || target.includes('\0'))
      throw new ArchiveError(`the link ${text(segments)} points nowhere`)
    this.#noteParents(segments, archive)
    const replaced = this.#note(segments, 'link', archive, false)
    this.#links.set(key(segments), link)
    await replaced
  }

  /** Another name for a file of the same archive: a copy, as the two are files of their own for whoever writes. */
  async makeCopy(segments: readonly string[], archive: number, of: readonly string[]): Promise<void> {
    const source = this.#known.get(key(of))
    if (source?.kind !== 'file' || source.archive !== archive || source.path !== of.join('/'))
      throw new ArchiveError(`the hard link ${text(segments)} is of ${text(of)}, which is no file before it`)
    this.#noteParents(segments, archive)
    await this.#note(segments, 'file', archive, source.executable)
    await this.#makeFolder(segments.slice(0, -1))
    const path = join(this.root, ...segments)
    await copyFile(join(this.root, ...of), path, 1)
    await chmod(path, source.executable ? 0o755 : 0o644)
  }

  // --- what it holds ---

  #noteParents(segments: readonly string[], archive: number): void {
    for (let count = 1; count < segments.length; count++) {
      const parent = segments.slice(0, count)
      const known = this.#known.get(key(parent))
      if (known === undefined) {
        this.#known.set(key(parent), { path: parent.join('/'), kind: 'folder', archive, executable: false })
        continue
      }
      if (known.kind !== 'folder')
        throw new ArchiveError(
          `the entry ${text(segments)} is under ${text(parent)}, which is a ${known.kind}`,
        )
      checkSpelling(known, parent)
    }
  }

  /** Gives when what it replaces is gone. Throws at once if it may not be there. */
  #note(
    segments: readonly string[],
    kind: Known['kind'],
    archive: number,
    executable: boolean,
  ): Promise<unknown> | undefined {
    if (segments.length === 0) throw new ArchiveError(`a ${kind} has the place of the folder itself`)
    const known = this.#known.get(key(segments))
    if (known !== undefined) {
      checkSpelling(known, segments)
      if (kind === 'folder' && known.kind === 'folder') return
      if (known.archive === archive && known.kind === kind)
        throw new ArchiveError(`the entry ${text(segments)} is there twice`)
      if (known.archive === archive || kind === 'folder' || known.kind === 'folder')
        throw new ArchiveError(`the entry ${text(segments)} is a ${kind}, and a ${known.kind} before`)
    }
    this.#known.set(key(segments), { path: segments.join('/'), kind, archive, executable })
    if (known?.kind === 'link') this.#links.delete(key(segments))
    return known?.kind === 'file' ? rm(join(this.root, ...segments)) : undefined
  }

  #makeFolder(segments: readonly string[]): Promise<unknown> {
    const path = join(this.root, ...segments)
    let making = this.#folders.get(path)
    if (making === undefined) {
      making =
        segments.length > 0
          ? this.#makeFolder(segments.slice(0, -1)).then(() => mkdirOnce(path))
          : mkdirOnce(path)
      this.#folders.set(path, making)
    }
    return making
  }

  /** Follows a link by the tree's own table: no step of the way may leave its base. */
  #follow({ segments, target, base, archive }: PendingLink): void {
    const path = segments.slice(base).join('/')
    const refuse = (why: string) =>
      new ArchiveError(
        `the archive ${archive}: the link ${JSON.stringify(path)} -> ${JSON.stringify(target)} ${why}`,
      )
    const at = segments.slice(0, -1)
    const queue = stepsOf(target, refuse)
    let count = 1
    while (queue.length > 0) {
      const step = queue.shift()!
      if (step === '..') {
        if (at.length <= base) throw refuse('leaves the folder')
        at.pop()
        continue
      }
      at.push(step)
      const next = this.#links.get(key(at))
      if (next === undefined) continue
      // A circle leads nowhere, which is no harm.
      if (++count > MOST_LINKS) return
      at.pop()
      queue.unshift(...stepsOf(next.target, refuse))
    }
  }
}

function stepsOf(target: string, refuse: (why: string) => Error): string[] {
  if (target.startsWith('/') || target.includes('\\') || /^[a-z]:/i.test(target))
    throw refuse('has an absolute path')
  return target.split('/').filter((step) => step !== '' && step !== '.')
}

/** The entries of one archive, on their way into a tree. */
export class Unpacking {
  readonly #tree: UnpackTree
  readonly #base: readonly string[]
  readonly #archive: number
  readonly #name: string

  constructor(tree: UnpackTree, base: readonly string[], archive: number, name: string) {
    this.#tree = tree
    this.#base = base
    this.#archive = archive
    this.#name = name
  }

  /** `strip`: how many names at the front of paths are left out. */
  async add(entry: ArchiveEntry, content: AsyncIterable<Uint8Array>, strip = 0): Promise<void> {
    const segments = this.#place(entry.path, strip)
    switch (entry.kind) {
      case 'folder':
        return this.#tree.makeFolder(segments, this.#archive)
      case 'file':
        return this.#tree.makeFile(segments, this.#archive, entry.mode, entry.size, content)
      case 'link':
        return this.#tree.makeLink(
          { segments, target: entry.target!, base: this.#base.length, archive: this.#name },
          this.#archive,
        )
      case 'hard link':
        return this.#tree.makeCopy(segments, this.#archive, this.#place(entry.target!, strip))
      case 'other':
        throw new ArchiveError(
          `the entry ${JSON.stringify(entry.path)} is a ${entry.type}, no file or folder`,
        )
    }
  }

  #place(path: string, strip: number): string[] {
    return [...this.#base, ...segmentsOf(path).slice(strip)]
  }
}

function checkSpelling(known: Known, segments: readonly string[]): void {
  if (known.path !== segments.join('/'))
    throw new ArchiveError(
      `the entries ${JSON.stringify(known.path)} and ${text(segments)} are the same to file systems that do not tell case apart`,
    )
}

function key(segments: readonly string[]): string {
  return foldName(segments.join('/'))
}

function text(segments: readonly string[]): string {
  return JSON.stringify(segments.join('/'))
}

async function mkdirOnce(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
