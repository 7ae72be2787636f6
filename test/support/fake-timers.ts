// Timers that a test controls, for our own modules: these keep Node's own, as they are when they are loaded
// (serializer/globals.ts). So it is done before: await vi.hoisted(() => import('./support/fake-timers.ts')).
import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers'
import { vi } from 'vitest'

vi.useFakeTimers()
const { clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } = globalThis
Object.assign(timers, { clearInterval, clearTimeout, setImmediate, setInterval, setTimeout })
syncBuiltinESMExports()
