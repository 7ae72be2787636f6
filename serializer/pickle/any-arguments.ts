// Arguments for constructors that are called for nothing but the private fields which V8 adds.

const MAX_PARAMETERS = 32

/** Stands for any argument: needs no default, can be destructured, and runs nothing. */
const anything: object = new Proxy(function () {}, {
  get: (_, key) => (key === Symbol.iterator ? iterate : key === Symbol.toPrimitive ? () => '' : anything),
  apply: () => anything,
  construct: () => anything,
})

function* iterate() {
  for (;;) yield anything
}

export const anyArguments: readonly unknown[] = new Array(MAX_PARAMETERS).fill(anything)
