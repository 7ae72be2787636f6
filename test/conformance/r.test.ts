// Table R of the goals: reducers. (Buffers have a file of their own.)
import { Table } from '../support/rows.ts'
import { suite } from '../support/suite.ts'
import { reducers } from './r/reducers.ts'

const table = new Table('R: reducers')
reducers(table)
suite(table)
