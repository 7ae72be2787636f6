// `npm run demo` shows all examples, those of the executor on threads and on Redis, and leaves nothing behind, whatever
// it ends by.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requireServer } from '../../scripts/redis-server.mjs'
import { childEnvironment } from '../support/children.ts'
import { nodeBinary, root } from '../support/paths.ts'
import { startRedis } from '../support/redis.ts'
import { createWorkspace } from '../support/workspace.ts'
import { ideaLines } from './idea.ts'

const workspace = createWorkspace()
// Its temporary folder, so that what it leaves is told from what others do.
const temporary = workspace.path('t')
afterAll(() => workspace.remove())
beforeAll(async () => {
  await requireServer()
  workspace.write({ 't/.keep': '', 'elsewhere/.keep': '' })
})

/** Ctrl-C comes as soon as it has printed so. */
async function demo(parts: string[], variables: Record<string, string> = {}, interruptAt?: string) {
  const { CORNICHON_REDIS_URL, ...environment } = childEnvironment()
  const child = spawn(nodeBinary, [join(root, 'examples', 'demo.mjs'), ...parts], {
    cwd: workspace.path('elsewhere'),
    env: { ...environment, NO_COLOR: '1', TMPDIR: temporary, TEMP: temporary, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  let isInterrupted = false
  child.stderr.on('data', (text) => (stderr += text))
  child.stdout.on('data', (text) => {
    stdout += text
    if (interruptAt === undefined || isInterrupted || !stdout.includes(interruptAt)) return
    isInterrupted = true
    child.kill('SIGINT')
  })
  const [code] = await once(child, 'close')
  const printed = stdout.split('\n').flatMap((line) => (line.startsWith('  │ ') ? [line.slice(4)] : []))
  return { code, stdout, stderr, printed }
}

/** Files, and the command lines of processes, that speak of its temporary folder. */
function leftovers(): string[] {
  const processes = existsSync('/proc/self/cmdline') ? readdirSync('/proc') : []
  const commands = processes.filter((name) => /^\d+$/.test(name)).map(commandLine)
  return [
    ...readdirSync(temporary).filter((name) => name !== '.keep'),
    ...commands.filter((line) => line.includes(temporary)),
  ]
}

function commandLine(process: string): string {
  try {
    return readFileSync(join('/proc', process, 'cmdline'), 'utf8')
  } catch {
    return '' // It has ended.
  }
}

describe('the demo', () => {
  it('runs the bundles where their source is gone, and leaves nothing behind', async () => {
    const { code, stdout, stderr, printed } = await demo(['bundles'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(printed).toEqual(expect.arrayContaining(ideaLines))
    expect(stdout).toMatch(/[\d,]+ bytes/)
    expect(stdout).toMatch(/\d+ ms/)
    expect(leftovers()).toEqual([])
  })

  it('runs the rest on threads and on a Redis of its own, and leaves nothing behind', async () => {
    const { code, stdout, stderr } = await demo(['threads', 'redis'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [, onThreads, onRedis] = stdout.split(/^[56]\. /m)
    for (const part of [onThreads, onRedis]) {
      expect(part).toMatch(/│ squares 1 4 9 16 25 36 49 64\n {2}│ their sum 204\n/)
      expect(part).toMatch(/│ 100 % of the darts are thrown\n {2}│ pi is about 3\.1[34]\d\n/)
      expect(part).toMatch(/│ 60 texts, \d+ words\n( {2}│ \p{L}+ \d+\n){5}/u)
    }
    expect(onThreads).toContain('examples/parallel.ts threads')
    expect(onRedis).toMatch(/examples\/parallel\.ts unix:\S+redis\.sock/)
    expect(leftovers()).toEqual([])
  })

  it('leaves nothing behind after Ctrl-C, in a Redis of others neither', async () => {
    const redis = await startRedis()
    try {
      const keys = () => redis.connect().keys('{cornichon-demo-*')
      const before = await keys()
      const { code, stdout, stderr } = await demo(
        ['redis'],
        { CORNICHON_REDIS_URL: redis.address },
        'their sum 204',
      )
      expect({ code, stderr }).toEqual({ code: 130, stderr: '' })
      expect(stdout).toContain('cornichon worker --address $CORNICHON_REDIS_URL')
      expect((await keys()).filter((key) => !before.includes(key))).toEqual([])
      expect(leftovers()).toEqual([])
    } finally {
      await redis.stop()
    }
  })

  it('ends its own Redis and its worker at Ctrl-C', async () => {
    const { code, stderr } = await demo(['redis'], {}, '$ cornichon worker')
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' })
    expect(leftovers()).toEqual([])
  })

  it('leaves nothing behind after an error', async () => {
    const { code, stderr } = await demo(['redis'], { CORNICHON_REDIS_URL: 'http://nowhere' })
    expect(code).toBe(1)
    expect(stderr).toMatch(/cornichon worker did not start: .*\n.*the address is redis:/)
    expect(leftovers()).toEqual([])
  })

  it('says so where there is no Redis', async () => {
    const { code, stdout } = await demo(['redis'], { PATH: '' })
    expect(code).toBe(0)
    expect(stdout).toMatch(/No Redis was found: CORNICHON_REDIS_URL is not set/)
  })
})
