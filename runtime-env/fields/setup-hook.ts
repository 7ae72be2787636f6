// setupHook: a function that runs once in each worker process, before its first task. It travels as an export.
import { types } from 'node:util'
import { type Field, refuse, wrong } from './field.ts'

export const setupHook: Field<'setupHook'> = {
  name: 'setupHook',
  otherNames: ['hook', 'setup', 'worker_process_setup_hook', 'onStart', 'init'],
  check(value) {
    if (typeof value !== 'function')
      throw wrong(
        'setupHook',
        'a function',
        value,
        typeof value === 'string' ? 'Give the function itself' : '',
      )
    const text = types.isProxy(value) ? '' : Function.prototype.toString.call(value)
    if (/^class\b/.test(text)) throw refuse('setupHook', value, 'a class, which can not be called')
    if (types.isGeneratorFunction(value))
      throw refuse('setupHook', value, 'calling a generator runs nothing of it')
    return value as () => unknown
  },
  resolve(value, { exportHook }) {
    if (exportHook === undefined)
      throw new TypeError(
        'an environment with a setupHook is resolved with exportHook, which sends it to the workers',
      )
    return exportHook(value)
  },
}
