// Archives byte for byte as a test wants them, the ones included that no program would write.
import { crc32, deflateRawSync, gzipSync } from 'node:zlib'
import { Header } from 'tar'

export interface Forged {
  readonly path: string
  readonly content?: string | Uint8Array
  /** With the bits of its kind, for a zip. */
  readonly mode?: number
  /** A kind of tar's: 'SymbolicLink', 'CharacterDevice' ... */
  readonly type?: string
  /** Where a link of a tar points. */
  readonly target?: string
  /** What a zip says of itself that is not so. */
  readonly claims?: {
    readonly size?: number
    readonly crc?: number
    readonly flags?: number
    readonly method?: number
  }
}

const bytesOf = ({ content = '' }: Forged) => Buffer.from(content)

export function zipOf(entries: readonly Forged[]): Buffer {
  const locals: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const bytes = bytesOf(entry)
    const packed = deflateRawSync(bytes)
    const name = Buffer.from(entry.path)
    const { size = bytes.length, crc = crc32(bytes), flags = 0x800, method = 8 } = entry.claims ?? {}
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(flags, 2)
    common.writeUInt16LE(method, 4)
    common.writeUInt32LE(0x00210000, 6)
    common.writeUInt32LE(crc, 10)
    common.writeUInt32LE(packed.length, 14)
    common.writeUInt32LE(size, 18)
    common.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, name, packed])
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 6)
    rest.writeUInt32LE(offset, 10)
    // Made by Unix: the upper half of the attributes is a mode.
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03', 'latin1'), common, rest, name]))
    locals.push(local)
    offset += local.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, central, end])
}

export function tarOf(entries: readonly Forged[]): Buffer {
  const parts = entries.flatMap((entry) => {
    const bytes = bytesOf(entry)
    const header = new Header({
      path: entry.path,
      mode: (entry.mode ?? 0o644) & 0o7777,
      size: bytes.length,
      type: (entry.type ?? 'File') as 'File',
      ...(entry.target !== undefined && { linkpath: entry.target }),
      mtime: new Date(0),
      uid: 0,
      gid: 0,
    })
    const block = Buffer.alloc(512)
    header.encode(block)
    return [block, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]
  })
  return Buffer.concat([...parts, Buffer.alloc(1024)])
}

export function tgzOf(entries: readonly Forged[]): Buffer {
  return gzipSync(tarOf(entries))
}
