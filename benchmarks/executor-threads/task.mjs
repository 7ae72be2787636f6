// The fixed function that pools of worker threads are given.
/** @param {number} x */
export default (x) => x + 1
