// ioredis by require: an import of CommonJS reads each of its files for what it exports, before any runs, which takes as long as
// to load it.
import { createRequire } from 'node:module'

export const { AbstractConnector, Command, Redis } = createRequire(import.meta.url)(
  'ioredis',
) as typeof import('ioredis')

export type AbstractConnector = import('ioredis').AbstractConnector
export type Command = import('ioredis').Command
export type Redis = import('ioredis').Redis
