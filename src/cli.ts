#!/usr/bin/env node
/** What `campus-id` starts: looks at the Node that runs it, before anything is loaded that an old one does not know. */
import cluster from 'node:cluster'
import { nodeTooOld } from './node-version.ts'

const complaint = nodeTooOld(process.versions.node)
if (complaint !== null) {
  process.stderr.write(`${complaint}\n`)
  // As of every command that cannot be understood here.
  process.exitCode = 2
} else if (cluster.isPrimary && process.argv.slice(2).join(' ') === 'serve') {
  // A reload while the server starts must not end it, nor would systemd start it again. It reads everything anyway.
  process.on('SIGHUP', () => undefined)
  await import('./primary.ts')
} else await import('./command-line.ts')
