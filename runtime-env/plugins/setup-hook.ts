// `setupHook`: nothing is made for it; the worker process runs it before its first task.
import type { BuiltInPlugin } from './built-in.ts'

export const setupHook: BuiltInPlugin<string> = {
  name: 'setupHook',
  schema: { type: 'string' },
  priority: 5,
}
