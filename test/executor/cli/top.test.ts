// `cornichon top`, which somebody leaves running: through a restart of Redis, too.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { expect, it } from 'vitest'
import { childEnvironment } from '../../support/children.ts'
import { commandFile } from '../../support/command.ts'
import { nodeBinary } from '../../support/paths.ts'
import { startRedis } from '../../support/redis.ts'

it('X15 top goes on when Redis is there again', async () => {
  const redis = await startRedis({ isDurable: true })
  const top = spawn(
    nodeBinary,
    [commandFile, 'top', '--address', redis.address, '--interval', '0.1', '--json'],
    { env: childEnvironment(), stdio: ['ignore', 'pipe', 'ignore'] },
  )
  let lines = 0
  createInterface(top.stdout).on('line', () => lines++)
  try {
    await expect.poll(() => lines, { timeout: 20_000 }).toBeGreaterThan(2)
    await redis.crash!()
    await expect
      .poll(async () => {
        const before = lines
        await new Promise((resolve) => setTimeout(resolve, 300))
        return lines - before
      })
      .toBe(0)
    await redis.restart!()
    const before = lines
    await expect.poll(() => lines, { timeout: 30_000 }).toBeGreaterThan(before + 2)
    expect(top.exitCode).toBe(null)
  } finally {
    top.kill('SIGKILL')
    await redis.stop()
  }
})
