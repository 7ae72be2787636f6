// Objects that the general paths write, because they have private fields, say, come in numbers too. What makes an object
// special (slots, accessors, symbols) is alike in all objects of one hidden class: one is looked at, the others are compared.
import { haveSameHiddenClass, seesHiddenClasses } from '../capture/index.ts'
import { keepHiddenClass } from '../hidden-classes.ts'
import { isExemplary } from './exemplars.ts'
import { isFirst, isUsual } from './objects.ts'

const { getOwnPropertyDescriptor } = Reflect
const { getOwnPropertyNames, getOwnPropertySymbols } = Object
const MOST = 8

interface InstanceShape {
  readonly exemplar: object
  readonly keys: readonly string[]
}

export class InstanceShapes {
  readonly #shapes: InstanceShape[] = []

  /** The keys of an object like one that was noted, none of whose members is a function; else null. */
  keysOf(object: object): readonly string[] | null {
    for (let i = 0; i < this.#shapes.length; i++) {
      const { exemplar, keys } = this.#shapes[i]
      if (!haveSameHiddenClass(object, exemplar)) continue
      // Elements are not told by the hidden class. They would come first.
      if (keys.length === 0 ? getOwnPropertyNames(object).length > 0 : !isFirst(keys[0], object)) return null
      for (let j = 0; j < keys.length; j++)
        if (typeof (object as Record<string, unknown>)[keys[j]] === 'function') return null
      return keys
    }
    return null
  }

  /** Notes an object that was found to be no more than an instance of its class, if all its properties are usual ones. */
  note(object: object): void {
    if (!seesHiddenClasses || this.#shapes.length === MOST) return
    const keys = getOwnPropertyNames(object)
    if (!isExemplary(object, keys) || getOwnPropertySymbols(object).length > 0) return
    if (keys.includes('constructor') || !keys.every((key) => isUsual(getOwnPropertyDescriptor(object, key))))
      return
    this.#shapes.push(makeShape(object, keys))
  }
}

function makeShape(exemplar: object, keys: readonly string[]): InstanceShape {
  return { exemplar, keys }
}

keepHiddenClass(makeShape({}, []))
