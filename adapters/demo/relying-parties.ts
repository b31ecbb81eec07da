/** The demo's relying parties, in a process of their own as in life: they reach us by HTTP and nothing else. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import type { Logger } from 'pino'

interface Options {
  /** `demo-relying-parties.js`, as built. */
  program: string
  issuer: string
  timeZone: string
  portal: { url: string; secretFile: string }
  club: { url: string; secretFile: string }
  log: Logger
}

export interface RelyingParties {
  stop(): Promise<void>
}

/** Resolves when both listen. null where the examples are not installed, as in the production image. */
export async function startRelyingParties(options: Options): Promise<RelyingParties | null> {
  const { program, issuer, timeZone, portal, club, log } = options
  if (!existsSync(program)) return null
  const environment = {
    ISSUER: issuer,
    TZ: timeZone,
    PORTAL_URL: portal.url,
    CLUB_URL: club.url,
    PORTAL_SECRET_FILE: portal.secretFile,
    CLUB_SECRET_FILE: club.secretFile,
  }
  const child = fork(program, { env: environment, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  let isStopping = false
  child.on('exit', (code, signal) => {
    if (!isStopping) log.error({ code, signal }, 'the demo relying parties ended')
  })
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => {
      throw new Error(`the demo relying parties did not start on ${portal.url} and ${club.url}`)
    }),
  ])
  return {
    async stop() {
      isStopping = true
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}
