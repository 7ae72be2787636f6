// A search engine over real text: the licences and READMEs of the packages installed here. What is exported is a
// closure over the whole index: it is built once, where the texts are, and can be asked where they are not.
//   cornichon pack search.ts#search -o search.crn
//   cornichon run search.crn --args '["without warranty of any kind"]'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import MagicString from 'magic-string'

/** The words of a text, and where they are. */
const words = (text: string) =>
  [...text.matchAll(/[\p{L}\p{N}]+/gu)].map((match) => ({
    term: match[0].toLowerCase(),
    start: match.index,
    end: match.index + match[0].length,
  }))

class Document {
  readonly name: string
  readonly #text: string
  /** How often each term is in the text. */
  readonly counts = new Map<string, number>()
  /** In words. */
  readonly length: number

  constructor(name: string, text: string) {
    this.name = name
    this.#text = text
    const found = words(text)
    this.length = found.length
    for (const { term } of found) this.counts.set(term, (this.counts.get(term) ?? 0) + 1)
  }

  /** The part of the text that has the most of the terms, with these marked. */
  snippet(terms: ReadonlySet<string>, size = 14): string {
    const all = words(this.#text)
    let first = 0
    let most = 0
    for (let at = 0; at < all.length; at++) {
      const near = new Set(all.slice(at, at + size).map(({ term }) => term))
      const hits = [...terms].filter((term) => near.has(term)).length
      if (hits > most) [first, most] = [at, hits]
    }
    const part = all.slice(first, first + size)
    const marked = new MagicString(this.#text)
    for (const { term, start, end } of part)
      if (terms.has(term)) marked.prependRight(start, '[').appendLeft(end, ']')
    return marked.slice(part[0]!.start, part.at(-1)!.end).replace(/\s+/g, ' ')
  }
}

/** An inverted index, ranked by BM25. */
class Index {
  readonly #documents: Document[] = []
  /** For each term: the documents that have it, and how often. */
  readonly #postings = new Map<string, Map<Document, number>>()
  #words = 0

  add(document: Document): void {
    this.#documents.push(document)
    this.#words += document.length
    for (const [term, count] of document.counts) {
      let documents = this.#postings.get(term)
      if (!documents) this.#postings.set(term, (documents = new Map()))
      documents.set(document, count)
    }
  }

  get summary(): string {
    return `${this.#documents.length} texts of ${this.#words.toLocaleString('en-US')} words`
  }

  /** The documents that have any of the terms, the best first. */
  rank(terms: ReadonlySet<string>, score: Score): [Document, number][] {
    const total = this.#documents.length
    const scores = new Map<Document, number>()
    for (const term of terms) {
      const documents = this.#postings.get(term) ?? new Map<Document, number>()
      const rarity = Math.log(1 + (total - documents.size + 0.5) / (documents.size + 0.5))
      for (const [document, count] of documents) {
        const relativeLength = document.length / (this.#words / total)
        scores.set(document, (scores.get(document) ?? 0) + score(count, rarity, relativeLength))
      }
    }
    return [...scores].sort((a, b) => b[1] - a[1])
  }
}

type Score = (count: number, rarity: number, relativeLength: number) => number

/** BM25's score of one term in one document. */
function bm25(k1: number, b: number): Score {
  return (count, rarity, relativeLength) =>
    (rarity * count * (k1 + 1)) / (count + k1 * (1 - b + b * relativeLength))
}

function searcher(index: Index, score: Score) {
  return (query: string, limit = 3): string => {
    const terms = new Set(words(query).map(({ term }) => term))
    const hits = index.rank(terms, score)
    return [
      `"${query}" is in ${hits.length} of ${index.summary}`,
      ...hits
        .slice(0, limit)
        .map(([document, points]) => `  ${points.toFixed(1)}  ${document.name}: ${document.snippet(terms)}`),
    ].join('\n')
  }
}

/** The licences and READMEs below a folder. */
function* textsBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* textsBelow(path)
    else if (/^(licen[cs]e|readme)([.](md|txt|markdown))?$/i.test(entry.name)) yield path
  }
}

const packages = join(process.cwd(), 'node_modules')
const library = new Index()
for (const file of [...textsBelow(packages)].sort())
  library.add(new Document(relative(packages, file), readFileSync(file, 'utf8')))

export const search = searcher(library, bm25(1.2, 0.75))
