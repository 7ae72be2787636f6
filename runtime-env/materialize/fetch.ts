// Where archives come from: the fleet (`cornichon://`), a file of the worker, the web. They are kept as they are, one
// file each, and unpacked for each environment that needs them.
import { createWriteStream } from 'node:fs'
import { copyFile, stat } from 'node:fs/promises'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parsePackageName } from '../package/name.ts'
import { formatSize } from '../size.ts'
import type { PackageSource, SetupLogger } from '../types.ts'
import { hashOfFile } from '../unpack/manifest.ts'

export interface FetchTools {
  readonly packages: PackageSource
  readonly maxBytes: number
  readonly logger: SetupLogger
  readonly signal: AbortSignal
}

/** How often a server is asked that did not answer, or answered that it can't now. */
const TRIES = 3

/** Writes what a URI names to a file. */
export async function fetchArchive(uri: string, toFile: string, tools: FetchTools): Promise<void> {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase()
  if (scheme === 'cornichon') {
    await tools.packages.fetch(uri, toFile, tools.signal)
    const named = parsePackageName(uri)
    if (named === null) throw new Error(`${uri} is no name of a package`)
    // Of a .zip it is seen when it is unpacked: its name is that of what is in it.
    if (named.kind === 'tgz' && (await hashOfFile(toFile)) !== named.hash)
      throw new Error(`the package ${uri} is damaged: it came with other bytes than its name says`)
    return
  }
  if (scheme === 'file') return copy(uri, toFile, tools)
  if (scheme === 'http' || scheme === 'https') return download(uri, toFile, tools)
  throw new Error(`${uri} is no address of an archive: file:, http:, https: and cornichon: are`)
}

async function copy(uri: string, toFile: string, { maxBytes }: FetchTools): Promise<void> {
  const path = fileURLToPath(uri)
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    throw new Error(`${uri}: there is no such file on this worker`, { cause: error })
  })
  if (!stats.isFile()) throw new Error(`${uri} is no file`)
  if (stats.size > maxBytes) throw tooLarge(uri, maxBytes)
  await copyFile(path, toFile)
}

async function download(uri: string, toFile: string, tools: FetchTools): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await downloadOnce(uri, toFile, tools)
    } catch (error) {
      tools.signal.throwIfAborted()
      if (error instanceof FinalError || tries === TRIES) throw error
      tools.logger.write(`${(error as Error).message}; it is tried again\n`)
      await sleep(500 * 2 ** tries, undefined, { signal: tools.signal })
    }
  }
}

/** Another try would end the same. */
class FinalError extends Error {}

async function downloadOnce(uri: string, toFile: string, { maxBytes, signal }: FetchTools): Promise<void> {
  const response = await fetch(uri, { signal, redirect: 'follow' }).catch((error: Error) => {
    const { cause } = error as { cause?: { code?: string; message?: string } }
    throw new Error(`${uri} can not be reached: ${cause?.code ?? cause?.message ?? error.message}`, {
      cause: error,
    })
  })
  if (!response.ok) {
    await response.body?.cancel()
    const isPassing = response.status >= 500 || response.status === 408 || response.status === 429
    const message = `${uri}: the server answered ${response.status} ${response.statusText}`
    throw isPassing ? new Error(message) : new FinalError(message)
  }
  let size = 0
  const counter = new Transform({
    transform(chunk: Buffer, _, done) {
      size += chunk.length
      done(size > maxBytes ? new FinalError(tooLarge(uri, maxBytes).message) : null, chunk)
    },
  })
  const body = Readable.fromWeb(response.body! as import('node:stream/web').ReadableStream)
  await pipeline(body, counter, createWriteStream(toFile), { signal })
  const announced = response.headers.get('content-length')
  if (announced !== null && !response.headers.has('content-encoding') && Number(announced) !== size)
    throw new Error(`${uri}: ${size} bytes came of ${announced}`)
}

function tooLarge(uri: string, maxBytes: number): Error {
  return new Error(`${uri} is larger than ${formatSize(maxBytes, 1024)}, which is what the cache may hold`)
}
