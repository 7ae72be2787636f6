// uris: archives whose files are added to an environment. Those of this machine are sent along.
import { packageArchive } from '../package/index.ts'
import { archiveKind } from '../package/name.ts'
import { checkUri, isUri } from './archives.ts'
import { checkList, type Field, refuse } from './field.ts'
import { checkExists } from './paths.ts'

export const uris: Field<'uris'> = {
  name: 'uris',
  otherNames: ['uri', 'urls', 'archives', 'py_modules', 'js_modules', 'modules'],
  check(value, base) {
    return checkList('uris', 'URIs or paths of archives', value).map((text, i) => {
      const at = `uris[${i}]`
      if (isUri(text)) return checkUri(at, text)
      const { path, isFolder } = checkExists(at, text, base)
      if (isFolder) throw refuse(at, text, 'a folder. Pack it into a .zip or .tgz, or make it the workingDir')
      if (archiveKind(path) === null)
        throw refuse(at, text, "an archive's name ends with .zip, .tgz or .tar.gz")
      return path
    })
  },
  resolve(value, { pack }) {
    if (value.length === 0) return undefined
    return value.map((uri) => (isUri(uri) ? uri : pack(uri, () => packageArchive(uri)).uri))
  },
}
