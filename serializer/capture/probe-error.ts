// Why a closure can't be asked.

/** The function can't be asked without the risk of running it. */
export class ProbeError extends Error {
  override readonly name = 'ProbeError'
}
