// The mailbox of an actor that is dead: the calls in it are answered, since no worker will.

import { fromJson } from '../../runtime-env/json.ts'
import type { Outcome } from '../executor.ts'
import { type Failure, failureOf } from '../failures.ts'
import { Life } from './keys.ts'
import type { Link } from './link.ts'
import { actorQueue } from './queues.ts'
import { decodeOutcome, encodeFailure } from './values.ts'
import { claimsOf, type JobData } from './wire.ts'

/** Marks the actor as dead, frees its name, and fails the calls that wait. False if it was dead before. */
export async function endActor(link: Link, actor: string, death: Failure): Promise<boolean> {
  const { redis, keys } = link
  const isFirst = await redis.cornichonEndActor(
    2,
    keys.actor(actor),
    keys.actors,
    actor,
    keys.seal.close(encodeFailure(death), actor),
    Life.note,
    keys.actorName(''),
  )
  await emptyMailbox(link, actor, death)
  return isFirst === 1
}

/** In the record of an actor while its arguments are waited for, or what else it needs: only who started it knows of it. */
export const HELD = 'held'

/** Ends an actor that nobody will start: who was about to is gone, and its name would be taken for ever. Whether it was so. */
export async function endIfLeft(link: Link, actor: string): Promise<boolean> {
  const { redis, keys } = link
  const [held, owner, name] = await redis.hmget(keys.actor(actor), HELD, 'owner', 'name')
  // Others were cut off, too: they come back one after another.
  if (!held || !owner || link.isJustBack || (await link.isAlive(owner))) return false
  const message = `actor ${name} (${actor}) never lived: the process that was about to start it has ended`
  await endActor(link, actor, failureOf('actor-died', message))
  return true
}

/**
 * Fails the calls that wait there; when none is under way, nothing is left of the mailbox. With `isAll` those that are under
 * way, too: for who knows that whoever ran them is dead.
 */
export async function emptyMailbox(link: Link, actor: string, death: Failure, isAll = false): Promise<void> {
  const { redis, keys } = link
  const prefix = `${keys.prefix}:${actorQueue(actor)}:`
  for (let ids: string[] = []; ; ) {
    const left = await redis.cornichonEmptyQueue(1, `${prefix}wait`, prefix, isAll ? 1 : 0, Life.note, ...ids)
    if (left.length === 0) return
    ids = left.filter((_, i) => i % 2 === 0)
    await Promise.all(ids.map((id, i) => failJob(link, id, fromJson(left[2 * i + 1]!) as JobData, death)))
  }
}

async function failJob(link: Link, id: string, data: JobData, death: Failure): Promise<void> {
  const { of: batch = id, at = 0, to = 1, size = 1 } = data
  const frame = await link.redis.getBuffer(link.keys.call(batch))
  if (frame !== null) await failCalls(link, frame, batch, [at, to, size], death)
}

/** Also calls that would be refused: what they claim is enough to tell who made them. */
export async function failCalls(
  link: Link,
  frame: Buffer,
  batch: string,
  [at, to, size]: readonly [at: number, to: number, size: number],
  failure: Failure,
): Promise<void> {
  const claims = claimsOf(frame)
  if (claims === null || claims.kind === 'actor') return
  const outcome: Outcome = { ok: false, failure }
  await Promise.all(
    claims.calls.slice(at, to).map(({ id, numReturns }, i) =>
      link.settler.settled({
        // What is alone in its frame is known by where that is, whatever it says.
        call: size === 1 ? batch : id,
        place: { batch, index: at + i, size },
        owner: claims.owner,
        outcomes: Array.from({ length: numReturns }, () => outcome),
      }),
    ),
  )
}

/** Why an actor is dead, or null if it is not. */
export async function deathOf(link: Link, actor: string): Promise<Failure | null> {
  const { redis, keys } = link
  const [state, death] = await redis.hmgetBuffer(keys.actor(actor), 'state', 'death')
  if (state === null || state === undefined) return failureOf('actor-died', `the actor ${actor} is gone`)
  if (state.toString() !== 'dead') return null
  if (death === null || death === undefined) return failureOf('actor-died', `the actor ${actor} is dead`)
  const outcome = await decodeOutcome(keys.seal.open(death, actor), actor, link)
  return outcome.ok ? null : outcome.failure
}
