// What to do about a Redis that can't be used, by what is in the way.

/** What a user of Redis needs (ACL), besides its password; docs/executor.md has the same. */
export const GRANTS =
  '~{cornichon-<namespace>}:* &{cornichon-<namespace>}:* -@all +@read +@write +@pubsub +@connection -@dangerous +eval +evalsha +time +info +client|list'

export function adviceOn(error: Error): string {
  const { code = '', message } = error as NodeJS.ErrnoException
  if (/^(WRONGPASS|NOAUTH)/.test(message))
    return 'Give the address with a user of that Redis and the password: redis://user:password@host'
  if (message.startsWith('NOPERM')) return `Grant its user what is needed: ACL SETUSER <user> ${GRANTS}`
  if (message.startsWith('READONLY'))
    return 'It is a replica, which only repeats what another server has: give the address of its primary, which INFO replication names'
  if (/^(LOADING|MASTERDOWN)/.test(message)) return 'Try again when it has all of its data'
  if (/^ERR (DB index|invalid DB|SELECT)/.test(message))
    return "The address ends in the number of a database, from 0; a server has 16 unless its setting 'databases' says otherwise, and only 0 in a cluster"
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return "Give the address with a name that the server's certificate is for"
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID')
    return 'The server needs a certificate whose time it is'
  if (/SELF_SIGNED|UNABLE_TO|CERT/.test(code) && !code.startsWith('ERR_SSL'))
    return "Name the file of who signed the server's certificate: tls: { ca: 'ca.pem' } (--tls-ca ca.pem)"
  if (code.startsWith('ERR_SSL') || ['EPROTO', 'ECONNRESET', 'ETIMEDOUT'].includes(code))
    return 'Is it rediss:// for a server with TLS, and redis:// for one without? One that asks for certificates needs tls: { cert, key } (--tls-cert, --tls-key)'
  return 'Is a server running there? Start one with redis-server, or give another address'
}
