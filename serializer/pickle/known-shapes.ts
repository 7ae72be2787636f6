// Shapes that come up in one message after the other: a small message would spend most of its time on finding out that the
// first object of each shape is plain. So an object of our own stands for such a shape, made as V8 makes those of
// literals and of JSON; what has its hidden class is as plain as it is. Nothing of the user's is held.
import { haveSameHiddenClass } from '../capture/index.ts'
import { MapPrototypeGetSize } from '../primordials.ts'
import { joinKeys } from './joined-keys.ts'
import { MemberReader } from './member-reader.ts'

const parse = JSON.parse
const stringify = JSON.stringify

export interface KnownShape {
  readonly keys: readonly string[]
  readonly joined: string | null
  readonly exemplar: object
  readonly members: MemberReader
}

/** Messages that had the shape, before an object of our own is made. */
const OFTEN = 4
const MOST_KNOWN = 24
const MOST_COUNTED = 500

/** The last that was found comes first. */
const known: KnownShape[] = []
const counts = new Map<string, number>()

/** The shape of an object that inherits from Object.prototype, as far as its hidden class tells: elements it does not. */
export function knownShapeOf(object: object): KnownShape | null {
  for (let i = 0; i < known.length; i++) {
    const shape = known[i]
    if (!haveSameHiddenClass(object, shape.exemplar)) continue
    if (i > 0) {
      known[i] = known[i - 1]
      known[i - 1] = shape
    }
    return shape
  }
  return null
}

/** A message has this plain object with these keys, none of them an index. */
export function noteShape(keys: readonly string[], object: object): void {
  const name = keys.join('\n')
  const count = (counts.get(name) ?? 0) + 1
  if (MapPrototypeGetSize(counts) >= MOST_COUNTED) counts.clear()
  counts.set(name, count)
  if (count !== OFTEN) return
  const exemplar = likenessOf(keys, object)
  if (!haveSameHiddenClass(object, exemplar)) return
  if (known.length === MOST_KNOWN) known.pop()
  known.unshift({ keys, joined: joinKeys(keys), exemplar, members: new MemberReader(keys) })
}

/** Values of the same kinds: V8 notes, with a hidden class, whether a member is a small integer, a double or anything. */
function likenessOf(keys: readonly string[], object: object): object {
  const members = keys.map((key) => {
    const value = (object as Record<string, unknown>)[key]
    const like = typeof value === 'number' ? ((value | 0) === value ? 0 : 0.5) : null
    return `${stringify(key)}:${like}`
  })
  return parse(`{${members.join()}}`) as object
}
