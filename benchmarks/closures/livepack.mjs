// @ts-check
// livepack as a contestant; see drive.mjs. It instruments every module that is loaded after its hook, which is how
// it knows what a closure captured; its output is the text of an expression.
import { createRequire } from 'node:module'
import vm from 'node:vm'
import { drive } from './drive.mjs'

const require = createRequire(import.meta.url)
if (process.argv[2] === 'dump') require('livepack/register')({ cache: false })
const serialize = process.argv[2] === 'dump' ? require('livepack').serialize : undefined

await drive({
  name: 'livepack',
  dump: (fn) => serialize(fn),
  load: (text) => vm.runInThisContext(text),
})
