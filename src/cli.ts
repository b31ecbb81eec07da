#!/usr/bin/env node
/** What `campus-id` starts: looks at the Node that runs it, before anything is loaded that an old one does not know. */
import { nodeTooOld } from './node-version.ts'

const complaint = nodeTooOld(process.versions.node)
if (complaint === null) await import('./command-line.ts')
else {
  process.stderr.write(`${complaint}\n`)
  // As of every command that cannot be understood here.
  process.exitCode = 2
}
