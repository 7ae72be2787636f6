// Compression of a bundle's body, through Node's own zlib. The header says which; nobody inflates more than was asked for.

import * as zlib from 'node:zlib'
import { UnpicklingError } from '../errors.ts'
import { process } from '../globals.ts'
import { needAllOriginals } from '../originals.ts'

const { brotliCompressSync, brotliDecompressSync, constants, gunzipSync, gzipSync } = zlib
/** Node has it from 22.15 and 23.8 on. */
const { zstdCompressSync, zstdDecompressSync } = zlib as {
  zstdCompressSync?: (bytes: Uint8Array) => Buffer
  zstdDecompressSync?: (bytes: Uint8Array, options: zlib.ZlibOptions) => Buffer
}

export type Compression = 'gzip' | 'brotli' | 'zstd'

/** By the number in the header. 0: the body is as it is. */
const METHODS = [null, 'gzip', 'brotli', 'zstd'] as const

/**
 * What `compress: true` is. Measured on payloads b, c and h: smaller than gzip's level 6 by 2, 11 and -10 %, in 1.2, 0.9 and
 * 0.5 of its time; higher qualities gain 2 % and take 5 times as long.
 */
export const BEST: Compression = 'brotli'
const BROTLI_QUALITY = 5
/** Where gzip names the operating system; 255: unknown. */
const GZIP_SYSTEM_AT = 9
/** Pieces that an inflated body is made of: what is claimed is not believed before it is there. */
const MOST_PIECE = 1 << 20
const LEAST_PIECE = 64

export function isCompression(name: unknown): name is Compression {
  return name === 'gzip' || name === 'brotli' || name === 'zstd'
}

export function methodNumber(method: Compression | null): number {
  return METHODS.indexOf(method)
}

/** Undefined for a number that no method has. */
export function methodOf(number: number): Compression | null | undefined {
  return METHODS[number]
}

/** Has this Node the method? */
export function hasCompression(method: Compression): boolean {
  return method !== 'zstd' || zstdCompressSync !== undefined
}

export function deflate(body: Uint8Array, method: Compression): Uint8Array {
  needAllOriginals()
  switch (method) {
    case 'gzip': {
      const bytes = gzipSync(body)
      bytes[GZIP_SYSTEM_AT] = 0xff
      return bytes
    }
    case 'brotli':
      return brotliCompressSync(body, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
          [constants.BROTLI_PARAM_SIZE_HINT]: body.length,
        },
      })
    case 'zstd':
      return zstdCompressSync!(body)
  }
}

/** The body, which must have just that many bytes. Throws UnpicklingError. */
export function inflate(bytes: Uint8Array, method: Compression, size: number): Uint8Array {
  needAllOriginals()
  const options = {
    maxOutputLength: Math.max(size, 1),
    chunkSize: Math.max(Math.min(size, MOST_PIECE), LEAST_PIECE),
  }
  const body = inflated(bytes, method, options)
  if (body.length !== size)
    throw new UnpicklingError(
      `the bundle is damaged: inflated, it has ${body.length} bytes, and its header says ${size}`,
    )
  return body
}

function inflated(bytes: Uint8Array, method: Compression, options: zlib.ZlibOptions): Uint8Array {
  if (method === 'zstd' && !zstdDecompressSync)
    throw new UnpicklingError(
      `the bundle is compressed with zstd, which Node ${process.version} lacks: load it with Node 22.15 or newer, or pickle it with compress: true, which every Node reads`,
    )
  try {
    switch (method) {
      case 'gzip':
        return gunzipSync(bytes, options)
      case 'brotli':
        return brotliDecompressSync(bytes, options)
      case 'zstd':
        return zstdDecompressSync!(bytes, options)
    }
  } catch (error) {
    const tooLong = (error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE'
    throw new UnpicklingError(
      tooLong
        ? `the bundle is damaged: inflated, it has more than the ${options.maxOutputLength} bytes that its header says`
        : `the bundle is damaged: its ${method} can not be inflated`,
      { cause: error },
    )
  }
}
