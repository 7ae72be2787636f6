// What runs in a worker thread. Piscina starts it and calls `serve`, once when the thread begins and then each time it
// has work again; the work itself comes over a port of our own.
import type { MessagePort } from 'node:worker_threads'
import { attachWorker } from '../worker/attach.ts'
import { Claims } from '../worker/claims.ts'
import type { ToWorker } from '../worker/protocol.ts'
import { SharedTurns } from '../worker/turns.ts'

export interface Begin {
  readonly name: string
  readonly port: MessagePort
  readonly capturesOutput: boolean
  readonly claims: Int32Array
  readonly turns: Int32Array
}

/** What comes over the port. */
export type ToThread = ToWorker | readonly [tag: 'several', messages: readonly ToWorker[]]

let letGo: (() => void) | null = null

/** Lasts as long as the thread is busy, so that piscina keeps the process alive that long. */
export function serve(begin: Begin | null): Promise<void> {
  if (begin !== null) {
    const { name, port, capturesOutput, claims, turns } = begin
    const receive = attachWorker(
      name,
      (message, transfer) => port.postMessage(message, transfer),
      capturesOutput,
      () => letGo?.(),
      new SharedTurns(turns),
      new Claims(claims),
    )
    port.on('message', (message: ToThread) => {
      if (message[0] === 'several') for (const each of message[1]) receive(each)
      else receive(message)
    })
  }
  return new Promise((resolve) => {
    letGo = resolve
  })
}
