// workingDir: the directory that tasks run in. A folder of this machine is packaged; an archive goes as it is.
import { packageArchive, packageFolder } from '../package/index.ts'
import { archiveKind } from '../package/name.ts'
import { checkUri, isUri } from './archives.ts'
import { checkText, type Field, refuse } from './field.ts'
import { checkExists } from './paths.ts'

const meaning = 'a folder, or the path or URL of a .zip or .tgz'

export const workingDir: Field<'workingDir'> = {
  name: 'workingDir',
  otherNames: ['cwd', 'dir', 'directory', 'folder', 'workdir', 'workspace'],
  check(value, base) {
    const text = checkText('workingDir', meaning, value)
    if (isUri(text)) return checkUri('workingDir', text)
    const { path, isFolder } = checkExists('workingDir', text, base)
    if (!isFolder && archiveKind(path) === null)
      throw refuse('workingDir', text, `a file, where ${meaning} is wanted`)
    return path
  },
  resolve(value, { fields, pack }) {
    if (isUri(value)) return value
    if (archiveKind(value) !== null && !checkExists('workingDir', value, '').isFolder)
      return pack(value, () => packageArchive(value)).uri
    const excludes = fields.excludes ?? []
    return pack(JSON.stringify([value, excludes]), () => packageFolder(value, { excludes })).uri
  },
}
