/** What `npm start` and `npm run campus-id` run: builds what has changed, then becomes the command line itself. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildTree } from './build-tree.ts'

const top = join(import.meta.dirname, '..')

const WATCH_MILLISECONDS = 250
const parent = process.ppid

/** npm passes a signal to the shell between it and us, and shells pass none on: where ours has gone, so do we. */
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM')
}, WATCH_MILLISECONDS).unref()

if (buildTree(top) === 'failed') process.exitCode = 1
else await import(pathToFileURL(join(top, 'dist/src/cli.js')).href)
