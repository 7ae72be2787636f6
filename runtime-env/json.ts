// JSON of plain data, as our own messages are written: whatever user code does to JSON, and though it gives arrays or all
// objects a `toJSON` (Prototype.js does), what is read is what was written.
const { parse, stringify } = JSON
const { isArray } = Array
const { keys } = Object
const [ArrayPrototype, ObjectPrototype] = [Array.prototype, Object.prototype]

export const fromJson: (text: string) => unknown = parse

/** Of strings, numbers, booleans, null, and arrays and objects of such: as JSON.stringify writes them. */
export function toJson(value: unknown): string {
  return 'toJSON' in ArrayPrototype || 'toJSON' in ObjectPrototype
    ? (write(value) ?? 'null')
    : stringify(value)
}

/** Undefined for what JSON has no word for. Of primitives, nothing is asked but what they are. */
function write(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return stringify(value)
  let text = ''
  if (isArray(value)) {
    for (let i = 0; i < value.length; i++) text += `${i > 0 ? ',' : ''}${write(value[i]) ?? 'null'}`
    return `[${text}]`
  }
  const names = keys(value)
  for (let i = 0; i < names.length; i++) {
    const member = write((value as Record<string, unknown>)[names[i]!])
    if (member !== undefined) text += `${text === '' ? '' : ','}${stringify(names[i])}:${member}`
  }
  return `{${text}}`
}
