// @ts-check
// For a program under any toolchain: dumps a value, then writes down what the value does here. The environment
// variable C21_JOB names the job's file.
import { readFileSync, writeFileSync } from 'node:fs'
import { perform } from './perform.mjs'

/** @param {unknown} value */
export async function send(value, file = process.env.C21_JOB ?? '', cornichon = undefined) {
  const job = JSON.parse(readFileSync(file, 'utf8'))
  const result = await perform(async () => {
    const { dumps } = cornichon ?? (await import(/* @vite-ignore */ job.cornichon))
    writeFileSync(job.bundle, dumps(value))
    return value
  }, job)
  writeFileSync(job.sent, JSON.stringify(result))
}

// Of programs that need no import of their own for it: node --import send.mjs.
process.on('send', (/** @type {unknown} */ value) => void send(value))
