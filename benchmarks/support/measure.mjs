// @ts-check
// Samples and medians. Plain JavaScript, so that a measured process runs nothing but Node and what it measures.

/** Microseconds on a clock that only runs forward. */
export const now = () => performance.now() * 1000

/** @param {readonly number[]} samples */
export function median(samples) {
  const sorted = [...samples].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Named lists of samples. */
export class Samples {
  /** @type {Record<string, number[]>} */
  lists = {}

  /**
   * Runs something, waits for it only if it is a promise, and notes how long it took.
   * @template T
   * @param {string} name
   * @param {() => T | Promise<T>} work
   * @returns {T | Promise<T>}
   */
  time(name, work) {
    const start = now()
    const result = work()
    if (result instanceof Promise)
      return result.then((value) => {
        this.add(name, now() - start)
        return value
      })
    this.add(name, now() - start)
    return result
  }

  /**
   * @param {string} name
   * @param {number} sample
   */
  add(name, sample) {
    const list = this.lists[name]
    if (list) list.push(sample)
    else this.lists[name] = [sample]
  }
}
