// Where our own code is, and the packages that it needs.
import { dirname, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder whose node_modules we are installed in; of a checkout, the checkout. */
export function codeFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url))
  const nested = here.indexOf(`${sep}node_modules${sep}`)
  if (nested >= 0) return here.slice(0, nested)
  const built = here.lastIndexOf(`${sep}dist${sep}`)
  return built >= 0 ? here.slice(0, built) : dirname(here)
}
