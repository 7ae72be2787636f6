// Blob and File (W3C File API). Their bytes are read synchronously where they are in memory; those of a file on disk
// come later than `dumps` can wait, and are refused.
import { hasBrand } from './brand.ts'
import { unexportedClass } from './native.ts'
import { getterOf, keptUnder, lateClass, lateGlobal, nodesKeys } from './platform.ts'
import type { BuiltinReducer, ValueSink } from './types.ts'

const { apply, getPrototypeOf } = Reflect
const BlobClass = lateClass<Blob>('internal/blob', 'buffer', 'Blob')
// Node 24 makes it a global only when it is read: the module says so.
const FileClass = lateGlobal<File>('internal/file', 'File')
const joined = Buffer.concat

interface Handle {
  getReader(): { pull(done: (status: number, chunk?: ArrayBuffer) => void): void }
}

const isBlob = (value: object) => {
  const Class = BlobClass()
  return Class !== undefined && hasBrand(value, Class.prototype, getterOf(Class.prototype, 'size'))
}
export const isFile = (value: object) => {
  const Class = FileClass()
  return (
    Class !== undefined &&
    isBlob(value) &&
    hasBrand(value, Class.prototype, getterOf(Class.prototype, 'name'))
  )
}
const textOf = (value: object, name: string) =>
  String(apply(getterOf(BlobClass()!.prototype, name), value, []))

const blob: BuiltinReducer<Blob> = {
  name: 'Blob',
  matches: (value) => isBlob(value) && !isFile(value),
  prototypes: (isThorough) => [BlobClass.expected(isThorough)],
  byBrand: true,
  prototype: (value) => usualPrototype(value, BlobClass()!.prototype),
  write(value, sink) {
    sink.string(textOf(value, 'type'))
    sink.data(bytesOf(value, sink))
  },
  create(source) {
    const type = source.string()
    return new (BlobClass.needed())([source.data()], { type })
  },
  ownKeys: nodesKeys('kHandle', 'kLength', 'kType'),
}

const file: BuiltinReducer<File> = {
  name: 'File',
  matches: isFile,
  prototypes: (isThorough) => [FileClass.expected(isThorough)],
  byBrand: true,
  prototype: (value) => usualPrototype(value, FileClass()!.prototype),
  write(value, sink) {
    const { prototype } = FileClass()!
    sink.string(apply(getterOf(prototype, 'name'), value, []) as string)
    sink.double(apply(getterOf(prototype, 'lastModified'), value, []) as number)
    sink.string(textOf(value, 'type'))
    sink.data(bytesOf(value, sink))
  },
  create(source) {
    const name = source.string()
    const lastModified = source.double()
    const type = source.string()
    return new (FileClass.needed())([source.data()], name, { type, lastModified })
  },
  ownKeys: nodesKeys('kHandle', 'kLength', 'kType', 'state'),
}

/** What Node 22 cuts out of a Blob has a class inside Node in between, which adds nothing. */
function usualPrototype(value: object, prototype: object): object {
  const first = getPrototypeOf(value)!
  return first !== prototype && unexportedClass(first) !== null ? first : prototype
}

/** Node's own handle calls back at once while the next bytes are in memory. */
function bytesOf(value: object, sink: ValueSink): Uint8Array {
  const handle = keptUnder(value, 'kHandle') as Handle | undefined
  const chunks: Uint8Array[] = []
  let status: number | undefined = handle ? 1 : undefined
  const reader = handle?.getReader()
  while (status !== undefined && status > 0) {
    status = undefined
    reader!.pull((now, chunk) => {
      status = now
      if (now > 0 && chunk !== undefined) chunks.push(new Uint8Array(chunk))
    })
  }
  if (status !== 0)
    sink.refuse(
      'the bytes of the Blob are not in memory',
      'Pickle a Blob of its bytes: new Blob([await blob.arrayBuffer()])',
    )
  return joined(chunks)
}

export const blobs: readonly BuiltinReducer[] = [blob, file]
