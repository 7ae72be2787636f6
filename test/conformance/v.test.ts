// Table V of the goals.
import { Table } from '../support/rows.ts'
import { suite } from '../support/suite.ts'
import { buffers } from './v/buffers.ts'
import { collections } from './v/collections.ts'
import { errors } from './v/errors.ts'
import { handles } from './v/handles.ts'
import { innerValues } from './v/inner-values.ts'
import { intl } from './v/intl.ts'
import { objects } from './v/objects.ts'
import { platform } from './v/platform.ts'
import { primitives } from './v/primitives.ts'
import { builtins } from './v/references.ts'

const table = new Table('V: values')
primitives(table)
objects(table)
innerValues(table)
collections(table)
buffers(table)
errors(table)
builtins(table)
intl(table)
handles(table)
platform(table)
suite(table)
