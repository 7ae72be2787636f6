// The command as a whole: help, version, exit codes of mistakes.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { commandFile, cornichon } from '../../support/command.ts'
import { root } from '../../support/paths.ts'
import { createWorkspace } from '../../support/workspace.ts'

const workspace = createWorkspace()
afterAll(() => workspace.remove())
const run = (...args: string[]) => cornichon(workspace.folder, ...args)

describe('cornichon', () => {
  it('--version prints the version of package.json', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    expect(run('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  it('--help lists the subcommands, examples and exit codes', () => {
    const { code, stdout } = run('--help')
    expect(code).toBe(0)
    for (const part of ['pack', 'run', 'inspect', 'Examples:', 'Exit codes:']) expect(stdout).toContain(part)
  })

  it.each(['pack', 'run', 'inspect'])('%s --help has examples', (name) => {
    const { code, stdout } = run(name, '--help')
    expect(code).toBe(0)
    expect(stdout).toContain(`$ cornichon ${name} `)
  })

  it('without a subcommand prints help and exits with 2', () => {
    const { code, stderr } = run()
    expect(code).toBe(2)
    expect(stderr).toContain('Usage: cornichon')
  })

  it.each([
    ['an unknown subcommand', ['pakc'], /unknown command 'pakc'[\s\S]*Did you mean pack/],
    ['an unknown option', ['run', '--arg', '[]', 'x'], /unknown option '--arg'[\s\S]*Did you mean --args/],
    ['a missing argument', ['run'], /missing required argument/],
    ['one argument too many', ['run', 'a', 'b'], /too many arguments/],
    ['a missing output', ['pack', 'x.ts#f'], /--output <file>/],
  ])('%s is told without a stack, exit code 2', (_, args, message) => {
    const { code, stdout, stderr } = run(...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  it.runIf(process.platform !== 'win32')('can be started as it is', () => {
    expect(statSync(commandFile).mode & 0o111).not.toBe(0)
    expect(readFileSync(commandFile, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
  })
})
