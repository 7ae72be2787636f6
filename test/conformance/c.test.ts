// Table C of the goals: closures and functions. Each row is proved across processes; see test/support.
import { Table } from '../support/rows.ts'
import { suite } from '../support/suite.ts'
import { forms } from './c/forms.ts'
import { imports } from './c/imports.ts'
import { lexical } from './c/lexical.ts'
import { moduleState } from './c/module-state.ts'
import { parameters } from './c/parameters.ts'
import { properties } from './c/properties.ts'
import { references } from './c/references.ts'
import { scopes } from './c/scopes.ts'
import { sharing } from './c/sharing.ts'
import { strictness } from './c/strictness.ts'
import { surroundings } from './c/surroundings.ts'

const table = new Table('C: closures and functions')
forms(table)
references(table)
scopes(table)
sharing(table)
lexical(table)
strictness(table)
parameters(table)
properties(table)
surroundings(table)
imports(table)
moduleState(table)
suite(table)
