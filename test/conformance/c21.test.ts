// C21: code from the tools of today, each in its own process.
import { toolchains } from '../support/toolchain.ts'
import { compiled } from './c21/compiled.ts'
import { commandLine, contexts, threads } from './c21/processes.ts'
import { runners } from './c21/runners.ts'

toolchains('compiled', compiled)
toolchains('command line', commandLine)
toolchains('contexts', contexts)
toolchains('threads', threads)
toolchains('runners', runners)
