// TextEncoder and TextDecoder (WHATWG Encoding). What a decoder keeps between two calls with `stream: true` does
// not show: a copy begins anew.
import { branded } from './brand.ts'
import type { BuiltinReducer } from './types.ts'

const { apply, getOwnPropertyDescriptor, ownKeys } = Reflect
const Encoder = TextEncoder
const Decoder = TextDecoder
const getter = (prototype: object, key: string) => getOwnPropertyDescriptor(prototype, key)!.get!
const encoderEncoding = getter(Encoder.prototype, 'encoding')
const encoding = getter(Decoder.prototype, 'encoding')
const fatal = getter(Decoder.prototype, 'fatal')
const ignoreBOM = getter(Decoder.prototype, 'ignoreBOM')

const encoder: BuiltinReducer<InstanceType<typeof Encoder>> = {
  name: 'TextEncoder',
  ...branded(
    () => Encoder,
    () => encoderEncoding,
  ),
  create: () => new Encoder(),
  ownKeys: () => ownKeys(new Encoder()),
}

const decoder: BuiltinReducer<InstanceType<typeof Decoder>> = {
  name: 'TextDecoder',
  ...branded(
    () => Decoder,
    () => encoding,
  ),
  write(value, sink) {
    sink.string(apply(encoding, value, []))
    sink.byte((apply(fatal, value, []) ? 1 : 0) | (apply(ignoreBOM, value, []) ? 2 : 0))
  },
  create(source) {
    const label = source.string()
    const flags = source.byte()
    return new Decoder(label, { fatal: (flags & 1) !== 0, ignoreBOM: (flags & 2) !== 0 })
  },
  // Node keeps a decoder's state under symbols of its own, the same for all decoders.
  ownKeys: (value) => ownKeys(new Decoder(apply(encoding, value, []))),
}

export const encodings: readonly BuiltinReducer[] = [encoder, decoder]
