#!/usr/bin/env node
// The `cornichon` command: a file for each subcommand, and a line of `subcommands` for each file. A subcommand that
// fails throws; failure.ts makes a message and an exit code of that.
import { Command } from 'commander'
import { VERSION } from '../../serializer/version.ts'
import { addCancel } from './cancel.ts'
import { exitCodeOf, isJson, reportFailure } from './failure.ts'
import { addInspect } from './inspect.ts'
import { addList } from './list.ts'
import { addLogs } from './logs.ts'
import { watchOutput, written } from './output.ts'
import { addPack } from './pack.ts'
import { addRun } from './run.ts'
import { addStatus, addTop } from './status.ts'
import { addSubmit } from './submit.ts'
import { addWorker } from './worker.ts'

const subcommands: readonly ((program: Command) => void)[] = [
  addPack,
  addRun,
  addInspect,
  addWorker,
  addSubmit,
  addStatus,
  addList,
  addLogs,
  addCancel,
  addTop,
]

const program = new Command('cornichon')
  .description('Pickles JavaScript: a function or class, with everything it reaches, as one file.')
  .version(VERSION, '-V, --version', 'print the version')
  .helpOption('-h, --help', 'print help')
  .helpCommand('help [command]', 'print the help of a command')
  .showHelpAfterError('Add --help to see how it is used.')
  .configureOutput({
    outputError: (text, write) => write(text.replace(/^error: /, 'cornichon: ')),
    // What failure.ts tells as JSON is not told twice.
    ...(isJson() && { writeErr: () => {} }),
  })
  .exitOverride()
  .addHelpText(
    'after',
    `
Examples:
  $ cornichon pack greet.ts#greet -o greet.crn
  $ cornichon inspect greet.crn
  $ cornichon run greet.crn --args '["peter", 22]'

  $ cornichon worker --address redis://localhost & cornichon run greet.crn --address redis://localhost

Exit codes:
  0  all went well
  1  the program failed: it threw, or it can't be packed or loaded
  2  the command was used wrongly: an unknown option, a missing file or export,
     bad JSON, a file that is no bundle, an output that can't be written
  130  Ctrl-C ended what \`run --address\` or \`result\` waited for

With --json, what went wrong is JSON, too: the last line of stderr, {"error":{"name","message",...}}`,
  )

for (const add of subcommands) add(program)

watchOutput()

try {
  await program.parseAsync()
} catch (error) {
  reportFailure(error)
  await written()
  // Whatever the program has left running ends here. A command that a signal ended has said so.
  process.exit(process.exitCode ?? exitCodeOf(error))
}
