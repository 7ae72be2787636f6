// What runs in a worker thread. Piscina starts it and calls `serve` once; the work comes over a port of our own.
import type { MessagePort } from 'node:worker_threads'
import type { Lend } from '../payload.ts'
import { attachWorker } from '../worker/attach.ts'
import { Claims } from '../worker/claims.ts'
import { Lending } from '../worker/lending.ts'
import { withOwnMethods } from '../worker/own-methods.ts'
import type { FromWorker, ToWorker } from '../worker/protocol.ts'
import { Term } from '../worker/term.ts'
import { SharedTurns } from '../worker/turns.ts'
import { Answers } from './answers.ts'

export interface Begin {
  readonly name: string
  readonly port: MessagePort
  readonly capturesOutput: boolean
  readonly claims: Int32Array
  /** Null where nobody takes this process for dead. */
  readonly term: Int32Array | null
  readonly turns: Int32Array
  readonly answers: SharedArrayBuffer
  /** Buffers of results are lent: the process gives them back. */
  readonly lends: boolean
}

/** What comes over the port. */
export type ToThread = ToWorker | readonly [tag: 'several', messages: readonly ToWorker[]]

/** And goes over it: there are some among the answers. */
export type FromThread = FromWorker | readonly [tag: 'answered']

const ANSWERED: FromThread = ['answered']

/** Takes the port, and is over: nothing of piscina's runs beside the code of tasks. */
export function serve(begin: Begin): void {
  const { name, port, capturesOutput, turns, answers: memory, lends } = begin
  const answers = new Answers(memory)
  let posted = 0
  withOwnMethods(port, 'postMessage')
  const post = (message: FromThread, transfer?: readonly ArrayBuffer[]) => {
    if (message[0] === 'done' && answers.put(message, posted)) {
      if (!answers.mustTell()) return
      message = ANSWERED
    }
    port.postMessage(message, transfer)
    posted = (posted + 1) | 0
  }
  const lending = new Lending()
  const lend: Lend | undefined = lends ? (...bytes) => lending.copy(...bytes) : undefined
  const claims = new Claims(begin.claims, begin.term && new Term(begin.term))
  const receive = attachWorker(name, post, capturesOutput, new SharedTurns(turns), claims, lend)
  post(['ready'])
  port.on('message', (message: ToThread) => {
    if (message[0] === 'several') for (const each of message[1]) receive(each)
    else receive(message)
  })
}
