// A queue made by hand over Redis Streams: a consumer group, answers in a stream of the caller's. No retries, no recovery.
import { Redis } from 'ioredis'

const path = process.argv[2]
const reader = new Redis(path)
const writer = new Redis({ path, enableAutoPipelining: true })
await reader.xgroup('CREATE', 'hand:jobs', 'workers', '$', 'MKSTREAM')
console.log('{"state":"ready"}')

async function run(entry, id, [, n]) {
  const result = JSON.parse(n)
  const bytes = result?.bytes
  await Promise.all([
    bytes && writer.set(`hand:value:${id}`, Buffer.alloc(bytes, 7), 'EX', 60),
    writer.xadd('hand:results', 'MAXLEN', '~', 10_000, '*', 'job', id, 'result', JSON.stringify(result)),
    writer.xack('hand:jobs', 'workers', entry),
    writer.xdel('hand:jobs', entry),
  ])
}

for (;;) {
  const reply = await reader.xreadgroup(
    ...['GROUP', 'workers', 'one', 'COUNT', 16, 'BLOCK', 5000, 'STREAMS', 'hand:jobs', '>'],
  )
  if (reply === null) continue
  const entries = Array.isArray(reply) ? reply[0][1] : Object.values(reply)[0]
  await Promise.all(entries.map(([entry, [, id, ...rest]]) => run(entry, id, rest)))
}
