// BlockList and SocketAddress of node:net, MIMEType of node:util: all they know is what they say.
import { UnpicklingError } from '../errors.ts'
import { branded } from './brand.ts'
import { getterOf, lateClass, nodesKeys } from './platform.ts'
import type { BuiltinReducer } from './types.ts'

type BlockList = import('node:net').BlockList
type SocketAddress = import('node:net').SocketAddress
type MIMEType = import('node:util').MIMEType

const { apply } = Reflect
const BlockListClass = lateClass<BlockList>('internal/blocklist', 'net', 'BlockList')
const AddressClass = lateClass<SocketAddress>('internal/socketaddress', 'net', 'SocketAddress')
const MIMEClass = lateClass<MIMEType>('internal/mime', 'util', 'MIMEType')
const RULE = /^(Address|Range|Subnet): (IPv4|IPv6) ([\da-fA-F:.]+)(?:[-/]([\da-fA-F:.]+))?$/

const blockList: BuiltinReducer<BlockList> = {
  name: 'BlockList',
  ...branded(BlockListClass, (prototype) => getterOf(prototype, 'rules')),
  write(value, sink) {
    const rules = apply(getterOf(BlockListClass()!.prototype, 'rules'), value, []) as readonly string[]
    sink.varint(rules.length)
    // The last one added comes first.
    for (let i = rules.length - 1; i >= 0; i--) {
      if (!RULE.test(rules[i]))
        sink.refuse(`the BlockList has a rule of a new kind (${rules[i]})`, 'Leave it out')
      sink.string(rules[i])
    }
  },
  create(source) {
    const Class = BlockListClass.needed()
    const list = new Class()
    for (let left = source.count(); left > 0; left--) {
      const [, kind, ip, first, second] = RULE.exec(source.string()) ?? []
      const family = ip === 'IPv6' ? 'ipv6' : 'ipv4'
      try {
        if (kind === 'Address') apply(Class.prototype.addAddress, list, [first, family])
        else if (kind === 'Range') apply(Class.prototype.addRange, list, [first, second, family])
        else apply(Class.prototype.addSubnet, list, [first, Number(second), family])
      } catch (error) {
        throw new UnpicklingError('the bundle holds a BlockList with a rule that is none', { cause: error })
      }
    }
    return list
  },
  ownKeys: nodesKeys('kHandle'),
}

const ADDRESS = ['address', 'family', 'port', 'flowlabel'] as const

const socketAddress: BuiltinReducer<SocketAddress> = {
  name: 'SocketAddress',
  ...branded(AddressClass, (prototype) => getterOf(prototype, 'address')),
  write(value, sink) {
    const { prototype } = AddressClass()!
    const [address, family, port, flowlabel] = ADDRESS.map((name) =>
      apply(getterOf(prototype, name), value, []),
    )
    sink.string(address as string)
    sink.string(family as string)
    sink.varint(port as number)
    sink.varint(flowlabel as number)
  },
  create(source) {
    const address = source.string()
    const family = source.string() as 'ipv4'
    const port = source.varint()
    const options = { address, family, port, flowlabel: source.varint() }
    try {
      return new (AddressClass.needed())(options)
    } catch (error) {
      if (error instanceof UnpicklingError) throw error
      throw new UnpicklingError('the bundle holds a socket address that is none', { cause: error })
    }
  },
  ownKeys: nodesKeys('kHandle', 'kDetail'),
}

const mimeType: BuiltinReducer<MIMEType> = {
  name: 'MIMEType',
  ...branded(MIMEClass, (prototype) => getterOf(prototype, 'essence')),
  write: (value, sink) => sink.string(apply(MIMEClass()!.prototype.toString, value, [])),
  create(source) {
    const text = source.string()
    try {
      return new (MIMEClass.needed())(text)
    } catch (error) {
      if (error instanceof UnpicklingError) throw error
      throw new UnpicklingError('the bundle holds a MIME type that is none', { cause: error })
    }
  },
}

export const network: readonly BuiltinReducer[] = [blockList, socketAddress, mimeType]
