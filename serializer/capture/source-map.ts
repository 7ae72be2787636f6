// Where a position is in the text that the author wrote, where the script has a source map (ECMA-426): tsx, vitest and
// bundlers leave one. It is for messages, so a map that is missing or broken is no error.

import { readFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { Buffer } from '../globals.ts'
import type { ScriptRecord } from './scripts.ts'

export interface SourcePosition {
  readonly url: string
  /** Zero-based. */
  readonly line: number
}

const maps = new WeakMap<ScriptRecord, SourceMap | null>()

/** Undefined where there is no map, or none for that position. `line` and `column` are zero-based, in the script's file. */
export function originalPosition(
  script: ScriptRecord,
  line: number,
  column: number,
): SourcePosition | undefined {
  let map = maps.get(script)
  if (map === undefined) maps.set(script, (map = sourceMapOf(script)))
  const entry = map?.findEntry(line - script.startLine, column)
  if (!entry || !('originalSource' in entry) || !entry.originalSource) return undefined
  // A generator names its sources relative to the map, or to nothing at all: 'webpack:///./src/a.ts'.
  const base = URL.canParse(script.url) ? script.url : undefined
  if (!URL.canParse(entry.originalSource, base)) return undefined
  return { url: new URL(entry.originalSource, base).href, line: entry.originalLine }
}

function sourceMapOf({ url, sourceMapUrl }: ScriptRecord): SourceMap | null {
  if (sourceMapUrl === '') return null
  try {
    const json = sourceMapUrl.startsWith('data:')
      ? textOfDataUrl(sourceMapUrl)
      : readFileSync(new URL(sourceMapUrl, url), 'utf8')
    return new SourceMap(JSON.parse(json) as SourceMapPayload)
  } catch {
    return null
  }
}

/** RFC 2397. */
function textOfDataUrl(url: string): string {
  const comma = url.indexOf(',')
  const body = url.slice(comma + 1)
  return /;\s*base64\s*$/i.test(url.slice(0, comma))
    ? Buffer.from(body, 'base64').toString('utf8')
    : decodeURIComponent(body)
}
