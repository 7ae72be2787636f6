// @ts-check
// cornichon as a contestant; see drive.mjs.
import { dumps, loads } from '../support/cornichon.mjs'
import { drive } from './drive.mjs'

await drive({ name: 'cornichon', dump: (fn) => dumps(fn), load: (bytes) => loads(bytes) })
