// The directions that imports may take, which is the architecture (docs/architecture.md) as a check.
// Type-only imports count too, except for circles.

/** Inside serializer/: what each folder may import, beside itself and the leaves. */
const serializerFolders = {
  pickle: ['reducers', 'capture', 'references', 'codegen', 'analyze', 'bundle'],
  reducers: ['capture', 'references', 'codegen', 'analyze'],
  capture: ['analyze'],
  references: ['analyze'],
  codegen: ['analyze'],
  analyze: [],
  bundle: [],
}

/** Files of serializer/ that everything there may import, and that import no folder. */
const leaves = [
  ...[
    'constant-view',
    'errors',
    'globals',
    'hidden-classes',
    'originals',
    'primordials',
    'promises',
    'types',
  ],
  'version',
]

/** Between the top folders: executor -> runtime-env -> serializer. */
const topFolders = {
  executor: ['runtime-env', 'serializer'],
  'runtime-env': ['serializer'],
  serializer: [],
}

const anyOf = (names) => `(${names.join('|')})`
const everyTopFolder = Object.keys(topFolders)
const leafFiles = `^serializer/${anyOf(leaves)}[.]ts$`

const topDirections = Object.entries(topFolders).map(([folder, allowed]) => ({
  name: `${folder}-imports`,
  comment: `${folder}/ may import ${allowed.join(', ') || 'no other folder of the project'}.`,
  severity: 'error',
  from: { path: `^${folder}/` },
  to: {
    pathNot: [`^${anyOf([folder, ...allowed])}/`, '(^|/)node_modules/', '^package[.]json$'],
    dependencyTypesNot: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer'],
  },
}))

const serializerDirections = Object.entries(serializerFolders).map(([folder, allowed]) => ({
  name: `serializer-${folder}-imports`,
  comment: `serializer/${folder}/ may import ${[...allowed, 'the leaf files'].join(', ')}.`,
  severity: 'error',
  from: { path: `^serializer/${folder}/` },
  to: { path: '^serializer/', pathNot: [`^serializer/${anyOf([folder, ...allowed])}/`, leafFiles] },
}))

module.exports = {
  forbidden: [
    ...topDirections,
    ...serializerDirections,
    {
      name: 'serializer-unknown-folder',
      comment:
        'A new folder of serializer/ needs its place among serializerFolders in .dependency-cruiser.cjs.',
      severity: 'error',
      from: { path: '^serializer/[^/]+/', pathNot: `^serializer/${anyOf(Object.keys(serializerFolders))}/` },
      to: {},
    },
    {
      name: 'serializer-leaves',
      comment: `${leaves.join(', ')} import each other at most.`,
      severity: 'error',
      from: { path: leafFiles },
      to: { path: '^serializer/', pathNot: leafFiles },
    },
    {
      name: 'only-capture-talks-to-v8',
      comment: 'What depends on V8 stays in serializer/capture, each fact with its test.',
      severity: 'error',
      from: { path: `^${anyOf(everyTopFolder)}/`, pathNot: '^serializer/capture/' },
      to: { path: '^(node:)?inspector(/promises)?$' },
    },
    {
      name: 'no-circular',
      severity: 'error',
      from: { path: `^${anyOf(everyTopFolder)}/` },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-dev-dependencies',
      comment:
        'What is published may import what package.json lists under dependencies, and nothing else: types too, for an import of both looks the same here. OpenTelemetry is an optional peer.',
      severity: 'error',
      from: { path: `^${anyOf(everyTopFolder)}/` },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        pathNot: '^node_modules/@opentelemetry/api/',
      },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: { path: `^${anyOf(everyTopFolder)}/` },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|coverage|fixtures|[.]cache)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'types'],
    },
  },
}
