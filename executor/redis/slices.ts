// Long lists, cut: a command takes no more than so many words, and Redis stands still while it is at one.

export function* slicesOf<T>(list: readonly T[], most: number): Iterable<readonly T[]> {
  for (let at = 0; at < list.length; at += most) yield list.slice(at, at + most)
}
