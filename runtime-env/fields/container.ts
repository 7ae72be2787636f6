// container: the image that worker processes run in.
import { checkList, checkText, type Field, refuse, wrong } from './field.ts'
import { checkNames } from './names.ts'

const meaning = "{ image, runOptions, engine }, as { image: 'node:22' }"

const known = {
  image: ['name', 'container'],
  runOptions: ['options', 'args', 'run_args'],
  engine: ['runtime', 'command', 'driver'],
}

export const container: Field<'container'> = {
  name: 'container',
  otherNames: ['docker', 'image', 'image_uri', 'containers', 'podman'],
  check(value) {
    if (typeof value === 'string') throw wrong('container', meaning, value, `Write { image: '${value}' }`)
    const given = checkNames('container', meaning, value, known)
    const image = checkText('container.image', "an image's name, as 'node:22'", given.image)
    if (/\s/.test(image) || image.startsWith('-'))
      throw refuse(
        'container.image',
        image,
        "it is an image's name, and options of the command line are in runOptions",
      )
    return {
      image,
      ...(given.runOptions !== undefined && {
        runOptions: checkList('container.runOptions', "arguments of 'docker run'", given.runOptions),
      }),
      ...(given.engine !== undefined && { engine: checkEngine(given.engine) }),
    }
  },
  resolve: ({ image, runOptions, engine }) => ({
    image,
    runOptions: runOptions ?? [],
    engine: engine ?? null,
  }),
}

function checkEngine(value: unknown): 'docker' | 'podman' {
  if (value === 'docker' || value === 'podman') return value
  throw wrong('container.engine', "'docker' or 'podman'", value)
}
