// @ts-check
// node walk-load.mjs <cornichon> <bundle>: says what came back as something else.
import { readFileSync } from 'node:fs'
import { walkBuiltins } from './walk.mjs'

const [, , cornichon, bundle] = process.argv
const { loads } = await import(String(cornichon))
const loaded = loads(readFileSync(String(bundle)))
const here = walkBuiltins()
const changed = [...loaded].filter(([path, value]) => here.get(path) !== value).map(([path]) => path)
console.log(JSON.stringify({ loaded: loaded.size, changed }))
process.exit(0)
