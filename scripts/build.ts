/** `npm run build`: see build-tree.ts. */
import { resolve } from 'node:path'
import { buildTree } from './build-tree.ts'

const started = performance.now()
const result = buildTree(resolve(import.meta.dirname, '..'))
if (result === 'failed') process.exitCode = 1
if (result === 'built') process.stderr.write(`built in ${((performance.now() - started) / 1000).toFixed(1)} s\n`)
