// @ts-check
// Gets a value and writes down what it does, or what went wrong, as data.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describeError } from './report.mjs'

/**
 * @param {() => Promise<unknown>} obtain
 * @param {{ exercise: string, folder: string, names: boolean }} job
 */
export async function perform(obtain, job) {
  try {
    const value = await obtain()
    const { exercise } = await import(/* @vite-ignore */ pathToFileURL(job.exercise).href)
    const require = createRequire(join(job.folder, 'here.js'))
    return { done: await exercise(value, { require, names: job.names }) }
  } catch (error) {
    return { failed: describeError(error) }
  }
}
