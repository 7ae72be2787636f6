// What measures memory, or looks what is held, has the garbage collected first.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
export const collect = runInNewContext('gc') as () => void
setFlagsFromString('--no-expose-gc')
