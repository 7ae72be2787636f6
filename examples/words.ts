// The most frequent words of the licences and READMEs of the packages installed here: each text is put into the store
// once, a task counts its words, and a tree of tasks adds the counts up, two at a time. Only the last count comes back.
//   node --import tsx examples/words.ts [threads | inline | redis://...] [texts]
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { get, init, type ObjectRef, put, remote, shutdown } from 'cornichon/executor'

await init({ address: process.argv[2], namespace: process.env.CORNICHON_NAMESPACE })

type Counts = Map<string, number>

const count = remote((text: string): Counts => {
  const counts: Counts = new Map()
  for (const [word] of text.toLowerCase().matchAll(/\p{L}{4,}/gu))
    counts.set(word, (counts.get(word) ?? 0) + 1)
  return counts
})

const merge = remote((a: Counts, b: Counts): Counts => {
  for (const [word, n] of b) a.set(word, (a.get(word) ?? 0) + n)
  return a
})

/** Starts tasks itself, where the counts are, and gives a ref of what they will have counted. */
const sum = remote(async (counts: { refs: ObjectRef<Counts>[] }): Promise<Counts> => {
  let level = counts.refs
  while (level.length > 1)
    level = level.flatMap((ref, i) =>
      i % 2 === 1 ? [] : i + 1 < level.length ? [merge.remote(ref, level[i + 1]!)] : [ref],
    )
  return get(level[0]!)
})

/** The texts of the packages under node_modules. */
function corpus(): string[] {
  const folder = join(import.meta.dirname, '..', 'node_modules')
  const packages = readdirSync(folder).flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(folder, name)).map((inner) => join(name, inner)) : [name],
  )
  return packages.flatMap((name) => {
    try {
      const files = readdirSync(join(folder, name)).filter((file) =>
        /^(licen[cs]e|readme)(\.\w+)?$/i.test(file),
      )
      return files.map((file) => readFileSync(join(folder, name, file), 'utf8'))
    } catch {
      return [] // A file that lies among the packages.
    }
  })
}

const most = Number(process.argv[3] ?? Number.POSITIVE_INFINITY)
const texts = corpus()
  .slice(0, most)
  .map((text) => put(text))
const counts = await get(sum.remote({ refs: texts.map((text) => count.remote(text)) }))
const frequent = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 5)

console.log(`${texts.length} texts, ${counts.size} words`)
for (const [word, n] of frequent) console.log(`${word} ${n}`)

await shutdown()
