/** The demo relying parties as a program of their own, beside a server that does not know that they are a demo. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { DeclaredClient } from './campus-server.ts'

const PROGRAM = resolve(import.meta.dirname, '../../examples/demo-relying-parties/demo-relying-parties.ts')
const SECRET = 'kept-by-the-relying-parties-and-the-test-alone'

export interface Where {
  portal: string
  club: string
}

/** As examples/clients.json declares them, at these addresses; the file of secrets goes into `folder`. */
export function declareRelyingParties({ portal, club }: Where, folder: string): DeclaredClient[] {
  const secretFile = join(folder, 'relying-parties.secret')
  writeFileSync(secretFile, SECRET, { mode: 0o600 })
  const declare = (client_id: string, name: string, url: string) => ({
    client_id,
    client_name: name,
    application_type: 'web',
    redirect_uris: [`${url}/callback`],
    post_logout_redirect_uris: [`${url}/signed-out`],
    backchannel_logout_uri: `${url}/backchannel-logout`,
    backchannel_logout_session_required: true,
    token_endpoint_auth_method: 'client_secret_basic',
    client_secrets: [{ file: secretFile }],
  })
  const portalScope = 'openid profile campus_basic campus_org offline_access'
  return [
    { ...declare('demo-portal', '演示门户', portal), first_party: true, scope: portalScope },
    { ...declare('demo-club', '二手书交换', club), first_party: false, scope: 'openid profile' },
  ]
}

export async function startRelyingParties(
  { portal, club }: Where,
  { issuer, folder, more = {} }: { issuer: string; folder: string; more?: Record<string, string> },
): Promise<{ close(): Promise<void> }> {
  const secretFile = join(folder, 'relying-parties.secret')
  const child = fork(PROGRAM, {
    env: {
      ISSUER: issuer,
      PORTAL_URL: portal,
      CLUB_URL: club,
      PORTAL_SECRET_FILE: secretFile,
      CLUB_SECRET_FILE: secretFile,
      ...more,
    },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const [said] = await Promise.race([once(child, 'message'), once(child, 'exit')])
  if (typeof said === 'number') throw new Error(`the relying parties ended with ${said}`)
  return {
    async close() {
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}
