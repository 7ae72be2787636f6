// A worker thread that adds one to what it gets: by messages alone.
import { parentPort } from 'node:worker_threads'

parentPort?.on('message', (x) => parentPort?.postMessage(x + 1))
