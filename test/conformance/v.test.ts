// Table V of the goals, as far as captured variables need it.
import { Table } from '../support/rows.ts'
import { suite } from '../support/suite.ts'
import { data } from './v/data.ts'
import { builtins } from './v/references.ts'

const table = new Table('V: values')
data(table)
builtins(table)
suite(table)
