// Memory for what is written before it is put together: given back to the system as it is copied, so that a large bundle
// is not there twice. (Of an ArrayBuffer that can be resized, the rest that is cut off is free at once, and not when
// the garbage is collected.)

interface Resizable extends ArrayBuffer {
  resize(length: number): void
}

const Resizable = ArrayBuffer as unknown as new (
  length: number,
  options: { maxByteLength: number },
) => Resizable

const segments = new WeakSet<ArrayBufferLike>()

export function makeSegment(length: number): Uint8Array {
  const buffer = new Resizable(length, { maxByteLength: length })
  segments.add(buffer)
  return new Uint8Array(buffer)
}

/** If it is a segment or a part of one, the segment's memory is needed no more from where the bytes begin. */
export function giveBack({ buffer, byteOffset }: Uint8Array): void {
  if (segments.has(buffer)) (buffer as Resizable).resize(byteOffset)
}
