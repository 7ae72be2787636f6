// Outcomes on their way into Redis: once, whoever comes first, and told to who waits.
import { type Outcome, resultId } from '../executor.ts'
import { Life } from './keys.ts'
import type { Link } from './link.ts'
import type { Message } from './messages.ts'
import { type Encoded, encodeOutcome, storeOutside } from './values.ts'

export async function settleCall(
  link: Link,
  call: string,
  owner: string,
  outcomes: readonly Outcome[],
): Promise<readonly Encoded[]> {
  const { redis, keys } = link
  const results = outcomes.map((_, i) => resultId(call, i))
  const encoded = outcomes.map((outcome, i) => encodeOutcome(outcome, results[i]!, keys))
  for (const each of encoded) if (each.outside.length > 0) await storeOutside(redis, each, Life.object)
  const message: Message = { kind: 'done', call, results }
  await redis.cornichonSettle(
    3 + 2 * results.length,
    keys.call(call),
    keys.inbox(owner),
    keys.lease(owner),
    ...results.flatMap((id) => [keys.object(id), keys.watchers(id)]),
    Life.object,
    keys.inbox(''),
    JSON.stringify(message),
    results.length,
    ...results.flatMap((id, i) => [id, encoded[i]!.frame]),
  )
  return encoded
}
