// @ts-check
// Pulumi's closure serializer as a contestant; see drive.mjs. It gives the text of a module that exports the
// function; loading is left to Node, here as cheap as it can be.
import { createRequire } from 'node:module'
import vm from 'node:vm'
import { runtime } from '@pulumi/pulumi'
import { drive } from './drive.mjs'

const require = createRequire(import.meta.url)

await drive({
  name: 'pulumi',
  dump: (/** @type {Function} */ fn) =>
    runtime.serializeFunction(fn).then((/** @type {{ text: string }} */ serialized) => serialized.text),
  load(text) {
    const exports = /** @type {{ handler?: Function }} */ ({})
    vm.runInThisContext(`(function (exports, require) {${text}\n})`)(exports, require)
    return exports.handler
  },
})
