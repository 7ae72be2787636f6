// Table V of the goals.
import { Table } from '../support/rows.ts'
import { suite } from '../support/suite.ts'
import { data } from './v/data.ts'
import { handles } from './v/handles.ts'
import { intl } from './v/intl.ts'
import { platform } from './v/platform.ts'
import { builtins } from './v/references.ts'

const table = new Table('V: values')
data(table)
builtins(table)
intl(table)
handles(table)
platform(table)
suite(table)
