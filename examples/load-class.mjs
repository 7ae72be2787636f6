// Loads the class of class.ts where class.ts is not.
import { readFileSync } from 'node:fs'
import { loads } from 'cornichon'

const Reader = loads(readFileSync(process.argv[2]))
new Reader().print()
