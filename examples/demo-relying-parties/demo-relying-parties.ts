/** Starts both demo applications in one process: the school's own portal, and a third party. README.md says how. */
import { createServer } from 'node:http'
import { createRelyingParty } from './relying-party.ts'
import { readSettings, type Settings } from './settings.ts'

const ADDRESS_IN_USE_EXIT_CODE = 3

function leave(line: string, code: number): never {
  process.stderr.write(`demo relying parties: ${line}\n`)
  process.exit(code)
}

function settingsOrLeave(): Settings {
  try {
    return readSettings(process.env)
  } catch (error) {
    return leave(error instanceof Error ? error.message : String(error), 2)
  }
}

const { issuer, portal, club } = settingsOrLeave()

/** Loopback only: a demo is nobody else's business. */
function listen(party: Settings['portal'], other: Settings['portal']): Promise<void> {
  const server = createServer(
    createRelyingParty({
      party,
      other,
      issuer,
      clientSecret: party.clientSecret,
      clock: () => new Date(),
      log: (line) => process.stderr.write(`${party.clientId}: ${line}\n`),
    }),
  )
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') leave(error.message, 1)
      leave(`port ${party.url.port} is in use by another program`, ADDRESS_IN_USE_EXIT_CODE)
    })
    server.listen(Number(party.url.port), '127.0.0.1', resolve)
  })
}

await Promise.all([listen(portal, club), listen(club, portal)])

if (process.send) {
  // Started by the server: we live as long as it does, also when it is killed.
  process.once('disconnect', () => process.exit(0))
  process.send({ ready: true })
} else {
  process.stdout.write(`${portal.clientId}: ${portal.url.href}\n${club.clientId}: ${club.url.href}\n`)
}
