// A function's use of a variable, and live access to the variable through that function.
import {
  bindingIn,
  type CapturedFunction,
  captureFunction,
  captureFunctions,
  ProbeError,
  probeVariables,
  type Variable,
} from '../capture/index.ts'
import type { BindingRecord, FunctionRecord } from '../codegen/records.ts'
import { analyzed, sourceOf } from './source.ts'

export interface Use {
  readonly record: FunctionRecord
  readonly binding: BindingRecord
}

/** What each function will be asked for, so that it is asked once. */
export type Wanted = ReadonlyMap<object, readonly string[]>

const NOTHING_ELSE: Wanted = new Map()

/** Live access to the variable; undefined if no function that uses it can be asked. */
export function variableOf(
  { record, binding }: Use,
  wanted: Wanted = NOTHING_ELSE,
  keep = true,
): Variable | undefined {
  for (const [fn, facts] of probeTargets(record, binding.name)) {
    try {
      // Only the function itself is certain to see all that it uses.
      const names = (fn === record.fn && wanted.get(fn)) || [binding.name]
      const variable = probeVariables(fn, facts, names, keep).get(binding.name)
      if (variable) return variable
    } catch (error) {
      if (!(error instanceof ProbeError)) throw error
    }
  }
  return undefined
}

/** What the variable holds now, an import's too, as a new snapshot of the function's scopes shows it. No function is asked. */
export function valueNow(use: Use): unknown {
  return valueIn(captureFunction(use.record.fn), use)
}

/** As many are captured together as are let go of together. */
const TOGETHER = 24

/** The same of several uses, for a tenth of the time. */
export function valuesNow(uses: readonly Use[]): unknown[] {
  const values: unknown[] = []
  for (let i = 0; i < uses.length; i += TOGETHER) {
    const some = uses.slice(i, i + TOGETHER)
    const captured = captureFunctions(some.map(({ record }) => record.fn))
    for (const [j, use] of some.entries()) values.push(valueIn(captured[j], use))
  }
  return values
}

function valueIn({ scopes }: CapturedFunction, { binding }: Use): unknown {
  const scope = scopes[scopes.length - 1 - binding.depth]
  return scope && bindingIn(scope.object, binding.name)?.value
}

/**
 * A class is asked through its methods, which see what it sees and can be probed without constructing anything:
 * those that use the variable, then those whose text does not have its name (another might mean a local one).
 */
function* probeTargets(record: FunctionRecord, name: string): Generator<[object, FunctionRecord['facts']]> {
  const own = record.literal ?? record.members
  const members = own.map(({ fn }) => ({ fn, text: sourceOf(fn), facts: analyzed(sourceOf(fn)) }))
  for (const { fn, facts } of members) if (facts?.free.some((free) => free.name === name)) yield [fn, facts]
  for (const { fn, text, facts } of members) if (facts && !text.includes(name)) yield [fn, facts]
  if (!record.literal) yield [record.fn, record.facts]
}
