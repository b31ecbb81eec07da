/** `node scripts/complete-lockfile.ts`, after an `npm install` that changed package-lock.json: see lockfile.ts. */
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { completeLockfile } from './lockfile.ts'

const path = resolve(import.meta.dirname, '../package-lock.json')
writeFileSync(path, completeLockfile(readFileSync(path, 'utf8')))
