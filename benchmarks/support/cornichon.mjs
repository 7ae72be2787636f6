// @ts-check
// cornichon as users get it: the built package. (Its own name does not lead there from here, for the benchmarks are a
// package of their own; and the type check has to do without a build.)

/** @type {typeof import('../../serializer/index.ts')} */
const cornichon = await import(new URL('../../dist/serializer/index.js', import.meta.url).href)

export const { dumps, loads } = cornichon

/** For what is not there in every version. */
export const everything = cornichon
