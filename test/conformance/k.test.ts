// Table K of the goals: classes. K4 and K5 across bundles are in k-identity.test.ts.
import { Table } from '../support/rows.ts'
import { suite } from '../support/suite.ts'
import { bodies } from './k/bodies.ts'
import { families } from './k/families.ts'

const table = new Table('K: classes')
bodies(table)
families(table)
suite(table)
