// What the commands about a fleet share: where it is, and how to join it.
import { type Command, InvalidArgumentError } from 'commander'
import { checkNamespace } from '../options.ts'
import { UsageError } from './failure.ts'
import { readSeal, type Seal } from './keys.ts'

export interface Fleet {
  readonly address: string
  readonly namespace?: string
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string }
  readonly allowVersionMismatch?: boolean
  readonly seal?: Seal
}

/** What a command needs that is about a fleet. */
export function addFleetOptions(command: Command): Command {
  command.option(
    '--address <url>',
    "the fleet's Redis: redis://..., rediss://... or unix:/path (default: CORNICHON_REDIS_URL)",
  )
  return addJoinOptions(command)
}

/** How to join the fleet at an address; `when` begins the help of each. */
export function addJoinOptions(command: Command, when = ''): Command {
  return command
    .option('--namespace <name>', `${when}which fleet of that Redis`, parseNamespace)
    .option('--tls-ca <file>', `${when}whom to trust, for rediss://`)
    .option('--tls-cert <file>', `${when}the certificate of this process`)
    .option('--tls-key <file>', `${when}and its key`)
    .option(
      '--key-file <file>',
      `${when}a secret, or a private Ed25519 key in PEM: what is not signed with it is refused`,
    )
    .option('--trust-file <files...>', `${when}public Ed25519 keys whose signatures are let in, too`)
    .option('--allow-version-mismatch', `${when}join although formats or Node versions differ`)
}

function parseNamespace(text: string): string {
  const wanted = checkNamespace(text)
  if (wanted !== null) throw new InvalidArgumentError(`It is ${wanted}.`)
  return text
}

export interface FleetFlags {
  readonly address?: string
  readonly namespace?: string
  readonly tlsCa?: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly keyFile?: string
  readonly trustFile?: readonly string[]
  readonly allowVersionMismatch?: true
}

export function fleetOf(flags: FleetFlags): Fleet {
  const address = flags.address ?? process.env.CORNICHON_REDIS_URL
  // A variable of the shell that is not set is an empty text here.
  if (!address)
    throw new UsageError('no fleet was named: say --address redis://host, or set CORNICHON_REDIS_URL')
  const tls = {
    ...(flags.tlsCa !== undefined && { ca: flags.tlsCa }),
    ...(flags.tlsCert !== undefined && { cert: flags.tlsCert }),
    ...(flags.tlsKey !== undefined && { key: flags.tlsKey }),
  }
  const seal = readSeal(flags.keyFile, flags.trustFile)
  return {
    address,
    ...(seal !== null && { seal }),
    ...(flags.namespace !== undefined && { namespace: flags.namespace }),
    ...(Object.keys(tls).length > 0 && { tls }),
    ...(flags.allowVersionMismatch && { allowVersionMismatch: true }),
  }
}
