// The worker processes of a run: all that ever were, with what they printed and how they ended.
import type { TestRedis } from '../support/redis.ts'
import { startWorkerWith, type TestWorker } from '../support/worker.ts'
import type { Findings } from './findings.ts'
import { LEDGER } from './ledger.ts'
import { resourcesText } from './resources.ts'
import { pause } from './server.ts'
import type { FaultKind, Settings } from './settings.ts'

export interface Member extends TestWorker {
  readonly name: string
  readonly pid: number
  state: 'works' | 'paused' | 'ends' | 'ended'
  code: number | null
}

/** Seconds. */
export const GRACE = 10

/** What a worker says that can't wait for Redis any longer. */
export const ENDS_WITHOUT_REDIS = /^\{"error":\{"name":"EndedError","message":"worker \w+ ends without Redis/m
const AWAY: readonly FaultKind[] = ['redis', 'stall', 'client']
/** Milliseconds after such a fault in which a process may still be without it. */
const BACK_WITHIN = 5_000

export class Crew {
  readonly members: Member[] = []
  readonly #findings: Findings
  readonly #redis: TestRedis
  readonly #arguments: readonly string[]
  readonly #ledger: string
  #count = 0
  #isOver = false

  constructor(
    findings: Findings,
    redis: TestRedis,
    { numCpus, recoverAfter }: Settings,
    ledger: string,
    keyFile: string | null,
  ) {
    this.#findings = findings
    this.#redis = redis
    this.#ledger = ledger
    this.#arguments = [
      ...['--num-cpus', `${numCpus}`, '--resources', resourcesText(), '--recover-after', `${recoverAfter}`],
      ...['--grace', `${GRACE}`, ...(keyFile === null ? [] : ['--key-file', keyFile])],
    ]
  }

  working(): Member[] {
    return this.members.filter(({ state }) => state === 'works')
  }

  /** Also while Redis is away: then it is tried again, for several of its faults may come one after the other. */
  async add(): Promise<void> {
    const name = `w${++this.#count}`
    for (const end = Date.now() + 180_000; ; ) {
      if (this.#isOver) return
      try {
        const worker = await startWorkerWith(
          { [LEDGER]: this.#ledger },
          this.#redis,
          ...this.#arguments,
          '--name',
          name,
        )
        const member: Member = { ...worker, name, pid: worker.child.pid!, state: 'works', code: null }
        worker.child.once('exit', (code, signal) => {
          if (member.state !== 'ends')
            this.#findings.violation(
              `worker ${name} ended by itself: ${code ?? signal}`,
              worker.output.join('\n'),
            )
          member.state = 'ended'
          member.code = code
        })
        this.members.push(member)
        this.#findings.say(`worker ${name} (${member.pid}) is there`)
        return
      } catch (error) {
        if (Date.now() > end) {
          this.#findings.violation(`worker ${name} can't start`, String(error))
          return
        }
        await pause(300)
      }
    }
  }

  async kill(member: Member): Promise<void> {
    member.state = 'ends'
    await member.kill()
  }

  /** SIGTERM; it has so many milliseconds until it is over. */
  async stop(member: Member, most: number): Promise<void> {
    member.state = 'ends'
    const began = Date.now()
    const late = setTimeout(() => {
      this.#findings.violation(
        `worker ${member.name} has not ended ${most} ms after SIGTERM`,
        member.output.join('\n'),
      )
    }, most)
    const code = await Promise.race([
      member.stop(),
      new Promise<'late'>((resolve) => setTimeout(resolve, most + 60_000, 'late')),
    ])
    clearTimeout(late)
    this.#findings.say(`worker ${member.name} ended with ${code}, ${Date.now() - began} ms after SIGTERM`)
    if (code === 'late') await member.kill()
    else if (code === 1 && this.#endedWithoutRedis(member)) {
      // What it had is as a dead worker's.
      const what = `${member.name} (${member.pid}) has ended without Redis, which was away after its grace`
      this.#findings.fault('kill', member.name, what).until = Date.now()
    } else if (code !== 0)
      this.#findings.violation(
        `worker ${member.name} ended with ${code} at SIGTERM`,
        member.output.join('\n'),
      )
  }

  #endedWithoutRedis({ output }: Member): boolean {
    const { faults } = this.#findings
    const isAway = faults.some(
      ({ kind, until }) => AWAY.includes(kind) && (until ?? Date.now()) > Date.now() - BACK_WITHIN,
    )
    return isAway && output.some((text) => ENDS_WITHOUT_REDIS.test(text))
  }

  /** No more are started. */
  close(): void {
    this.#isOver = true
  }

  async killAll(): Promise<void> {
    this.close()
    for (const member of this.members) if (member.state !== 'ended') await this.kill(member)
  }
}
