// `super` for a function that is rebuilt away from the class or object literal it was written in: `super.x` in its
// text becomes `$cornichon_super(this).x`. (Spec 13.3.7.3 MakeSuperPropertyReference: the property is looked up in
// the [[Prototype]] that the home object has at that moment, with the function's own `this` as receiver.)
/** Called with `this`: what `super` stands for. With `called`, a method read from it is bound to `this`. */
export type SuperReference = (self: unknown, called?: boolean) => object

const homes = new WeakMap<object, object>()
const references = new WeakMap<object, SuperReference>()
const { apply, get, getPrototypeOf, set } = Reflect
const bind = Function.prototype.bind

/** One without a home yet: see setHome. */
export function makeSuper(): SuperReference {
  const reference: SuperReference = (self, called = false) => {
    const base = () => getPrototypeOf(homes.get(reference)!) ?? Object.create(null)
    return new Proxy(Object.create(null), {
      get(_, key) {
        const value: unknown = get(base(), key, self)
        return called && typeof value === 'function' ? apply(bind, value, [self]) : value
      },
      set: (_, key, value) => set(base(), key, value, self),
      deleteProperty() {
        throw new ReferenceError('Unsupported reference to "super"')
      },
    })
  }
  return reference
}

export function setHome(reference: SuperReference, home: object): void {
  homes.set(reference, home)
  if (!references.has(home)) references.set(home, reference)
}

/** Always the same for a home object. */
export function superOf(home: object): SuperReference {
  let reference = references.get(home)
  if (!reference) setHome((reference = makeSuper()), home)
  return reference
}

/** The home object of a reference; undefined for any other function. */
export function homeOfSuper(fn: object): object | undefined {
  return homes.get(fn)
}
