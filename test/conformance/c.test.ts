// Table C of the goals: closures and functions. Each row is proved across processes; see test/support.

import { Table } from '../support/rows.ts'
import { suite } from '../support/suite.ts'
import { forms } from './c/forms.ts'
import { lexical } from './c/lexical.ts'
import { parameters } from './c/parameters.ts'
import { references } from './c/references.ts'
import { scopes } from './c/scopes.ts'
import { sharing } from './c/sharing.ts'
import { strictness } from './c/strictness.ts'

const table = new Table('C: closures and functions')
for (const add of [forms, references, scopes, sharing, lexical, strictness, parameters]) add(table)
suite(table)
