// Ties the folders together that may not know of each other: references/ asks capture/ where a function comes from.
import { captureFunction, loadedUrls, scriptOf } from '../capture/index.ts'
import { configurePackages, configureReferences } from '../references/index.ts'

export function connect(api: Record<string, unknown>, url: string): void {
  configureReferences({
    scriptUrlOf(fn) {
      const { scriptId } = captureFunction(fn)
      return scriptId === undefined ? undefined : scriptOf(scriptId)?.url
    },
  })
  configurePackages({ self: api, selfUrl: url, loadedUrls })
}
