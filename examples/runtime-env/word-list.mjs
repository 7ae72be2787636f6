// A plugin of runtime environments: a list of words that a worker writes down once, and whose file all tasks that ask for
// it are told of. Drivers and workers register it:
//   registerRuntimeEnvPlugin('./word-list.mjs')     cornichon worker --plugin ./word-list.mjs
// and then it is a name under `plugins`: runtimeEnv: { plugins: { wordList: ['b', 'a'] } }
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** @type {import('cornichon/runtime-env').RuntimeEnvPlugin<readonly string[]>} */
const wordList = {
  name: 'wordList',
  schema: { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1 },

  // What is to be made, by name: the same words are written once on a worker.
  uris: (words) => [`words:${createHash('sha256').update(JSON.stringify(words)).digest('hex')}`],

  create(_uri, words, _env, { folder, logger }) {
    logger.write(`${words.length} words\n`)
    writeFileSync(join(folder, 'words.txt'), [...words].sort().join('\n'))
  },

  modifyContext(context, _words, [folder]) {
    context.env.WORD_LIST = join(String(folder), 'words.txt')
  },
}

export default wordList
