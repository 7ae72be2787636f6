// Plain objects in the order in which they were met. Who met an object has met what is in it, too: so it is new if the first
// object in it is new. Looked for is only what has no object in it, with which such a chain ends.
//
// In a Set, that takes 130 to 300 ns: the hash of its identity has to be made, and looked for in memory that no cache has.
// Where a hash is wanted, what objects hold tells them apart: bits, few enough for a cache, say of nearly every one that it is
// new; only where they do not is it looked for, in a table that is brought up to date by then, many at once. What holds too
// little to go by (an empty array), or the same as many others, is in a Set all the same.
import { keepHiddenClass } from '../hidden-classes.ts'
import { SetPrototypeGetSize } from '../primordials.ts'
import { hashOf, NO_HASH } from './content-hash.ts'

const SetConstructor = Set
const Int32ArrayConstructor = Int32Array
const Uint8ArrayConstructor = Uint8Array
const { apply } = Reflect
const { imul } = Math
const { fill } = Int32Array.prototype

/** Memory for more than these is not kept for the next graph, nor memory that is far too much, which takes its time to clear. */
const MOST_KEPT = 1 << 17
const ROOMY = 16
const FIRST_WORDS = 32
/** From so many on, memory is no longer had for four times as many, but twice. */
const MANY = 1 << 13
/** Objects for each word of bits. */
const CROWD = 4
const FIRST_PLACES = 256
/** Of those that are looked for, how many may be in the Set whenever there are twice as many objects. */
const MOST_OTHERS = 0.5
/** A search costs more with each place that it comes by, and most with those of objects that hold the same. */
const PATIENCE = 64
const ALIKE = 16
/** Bits of a hash that say which ones have come up too often. */
const COMMON = 0xfff
/** In place of a hash. (No hash has so many bits.) */
const FOUND = -(2 ** 30)

export class MetObjects {
  readonly #list: unknown[] = []
  #count = 0
  /** Of each in the list; negative, of one that is among the others though it has a hash. NO_HASH of what is not looked for by one. */
  #hashes = new Int32ArrayConstructor(FIRST_WORDS * CROWD)
  #hashed = 0
  /** Two bits of a word for each of them. */
  #bits = new Int32ArrayConstructor(FIRST_WORDS)
  /** By hash, a place in the list, plus 1; of as many of the first in the list. Null before it is needed. */
  #places: Int32Array | null = null
  #placed = 0
  /** Those that are not found by their hash. */
  #others = new SetConstructor<unknown>()
  /** Is a hash, but for some of its bits, one whose objects may be among the others? */
  #common: Uint8Array | null = null
  #wantsHash = true
  /** How many there are when that is asked next. Memory grows at one of these, too. */
  #nextLook = FIRST_WORDS * CROWD

  /** Takes the first ones, however they will be looked for. */
  begin(first: readonly unknown[], count: number): void {
    for (let i = 0; i < count; i++) {
      const object = first[i] as object
      this.#append(object, hashOf(object))
      this.#others.add(object)
    }
  }

  /** Takes those, and goes on with the Set: no hash is wanted. */
  beginWith(first: Set<unknown>): void {
    this.#wantsHash = false
    this.#others = first
    for (const object of first) this.#append(object as object, NO_HASH)
  }

  /** Is a hash wanted? If many are not to be found by what they hold, it costs more than it is worth. */
  get wantsHash(): boolean {
    return this.#wantsHash
  }

  /** How many there are. */
  get count(): number {
    return this.#count
  }

  /** Takes an object that has no chain, if it was not there; `hash` is of what it holds. False: it was. */
  take(object: object, hash: number): boolean {
    const kept = this.#hashIfNew(object, hash)
    if (kept === FOUND) return false
    this.#append(object, kept)
    return true
  }

  /** Takes the objects of a chain, so many, if the last of them was not there; `hash` is of what that holds. False: it was. */
  takeChain(chain: readonly object[], length: number, hash: number): boolean {
    const last = chain[length - 1]
    const kept = this.#hashIfNew(last, hash)
    if (kept === FOUND) return false
    this.takeNewChain(chain, length - 1)
    this.#append(last, kept)
    return true
  }

  /** Takes the objects of a chain, so many, which are new without doubt. */
  takeNewChain(chain: readonly object[], length: number): void {
    for (let i = 0; i < length; i++) this.#append(chain[i], NO_HASH)
  }

  /** The hash of an object that was not there; negative or NO_HASH, if it is among the others from now on. FOUND: it was. */
  #hashIfNew(object: object, hash: number): number {
    if (hash === NO_HASH || !this.#wantsHash) return this.#isNewOther(object) ? NO_HASH : FOUND
    const bits = this.#bits
    const own = bitsOf(hash)
    if ((bits[hash & (bits.length - 1)] & own) === own) {
      if (this.#isFound(object, hash)) return FOUND
      if (this.#common !== null && this.#common[hash & COMMON] !== 0)
        return this.#isNewOther(object) ? -hash : FOUND
    }
    return hash
  }

  #isFound(object: object, hash: number): boolean {
    const places = this.#placeAll()
    const hashes = this.#hashes
    const mask = places.length - 1
    let at = hash & mask
    let patience = PATIENCE
    for (let place = places[at]; place !== 0; place = places[at]) {
      if (hashes[place - 1] === hash) {
        if (this.#list[place - 1] === object) return true
        patience -= ALIKE
      } else patience--
      at = (at + 1) & mask
    }
    if (patience < 0) {
      this.#common ??= new Uint8ArrayConstructor(COMMON + 1)
      this.#common[hash & COMMON] = 1
    }
    return false
  }

  /** The table, with all that there are. */
  #placeAll(): Int32Array {
    const count = this.#count
    let places = this.#places
    if (places === null || this.#hashed * 2 > places.length) {
      let size = places === null ? FIRST_PLACES : places.length * 4
      while (this.#hashed * 2 > size) size *= 4
      places = this.#places = new Int32ArrayConstructor(size)
      this.#placed = 0
    }
    const hashes = this.#hashes
    const mask = places.length - 1
    for (let i = this.#placed; i < count; i++) {
      const hash = hashes[i]
      if (hash <= 0) continue
      let at = hash & mask
      while (places[at] !== 0) at = (at + 1) & mask
      places[at] = i + 1
    }
    this.#placed = count
    return places
  }

  #isNewOther(object: object): boolean {
    const others = this.#others
    const before = SetPrototypeGetSize(others)
    others.add(object)
    return SetPrototypeGetSize(others) > before
  }

  #append(object: object, hash: number): void {
    const count = this.#count++
    this.#list[count] = object
    if (this.#wantsHash) {
      this.#hashes[count] = hash
      if (hash > 0) {
        this.#hashed++
        setBits(this.#bits, hash)
      }
      if (this.#count === this.#nextLook) this.#look()
    } else if (hash > 0) this.#others.add(object)
  }

  #look(): void {
    const count = this.#count
    this.#nextLook = count * 2
    const others = SetPrototypeGetSize(this.#others)
    if (others > (others + this.#hashed) * MOST_OTHERS) this.#forgetHashes()
    else if (count === this.#hashes.length) this.#grow(count)
  }

  #forgetHashes(): void {
    this.#wantsHash = false
    for (let i = 0; i < this.#count; i++) if (this.#hashes[i] > 0) this.#others.add(this.#list[i])
  }

  #grow(count: number): void {
    const words = this.#bits.length * (count < MANY ? 4 : 2)
    const bits = new Int32ArrayConstructor(words)
    const hashes = new Int32ArrayConstructor(words * CROWD)
    for (let i = 0; i < count; i++) {
      const hash = this.#hashes[i]
      hashes[i] = hash
      if (hash !== NO_HASH) setBits(bits, hash < 0 ? -hash : hash)
    }
    this.#bits = bits
    this.#hashes = hashes
  }

  /** Forgets all. (Memory that is had anew takes as long as all the rest.) False: it is better dropped. */
  clear(): boolean {
    const count = this.#count
    const room = this.#hashes.length
    if (count > MOST_KEPT || room > count * ROOMY) return false
    const list = this.#list
    for (let i = 0; i < count; i++) list[i] = undefined
    this.#count = 0
    this.#hashed = 0
    this.#wantsHash = true
    this.#nextLook = FIRST_WORDS * CROWD
    apply(fill, this.#bits, [0])
    if (this.#placed > 0) apply(fill, this.#places, [0])
    this.#placed = 0
    this.#others = new SetConstructor()
    this.#common = null
    return true
  }

  /** In the order in which they were taken. */
  at(place: number): unknown {
    return this.#list[place]
  }
}

function setBits(bits: Int32Array, hash: number): void {
  bits[hash & (bits.length - 1)] |= bitsOf(hash)
}

function bitsOf(hash: number): number {
  const other = imul(hash, 0x2c1b3c6d)
  return (1 << (other >>> 27)) | (1 << ((other >>> 22) & 31))
}

keepHiddenClass(new MetObjects())
