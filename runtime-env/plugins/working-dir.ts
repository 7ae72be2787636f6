// `workingDir`: the archive becomes the directory that the environment's processes run in. Each environment has a copy of
// its own, so that what tasks write there is seen by no other.
import type { BuiltInPlugin } from './built-in.ts'

export const workingDir: BuiltInPlugin<string> = {
  name: 'workingDir',
  schema: { type: 'string' },
  priority: 1,
  async assemble(uri, _, tools) {
    await tools.unpackOver(await tools.archive(uri), 'work', uri)
  },
}
