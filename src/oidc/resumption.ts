/**
 * The way back from a hosted page (`/auth/:uid`), before anything of it takes effect. Minutes may lie between the page
 * and here: somebody who has lost their standing meanwhile is told so, and gets no session.
 */
import { type AdapterPayload, errors, Provider } from 'oidc-provider'
import { type Refusal, refusals } from '../errors.ts'
import { concernsPerson } from '../gate/gate.ts'
import type { Gatekeeper } from './gatekeeper.ts'

/** What we refuse on purpose, in the library's words: a page for the person, and no way back to the relying party. */
class ResumeRefused extends errors.OIDCProviderError {
  constructor({ status, code }: Refusal, reason: string) {
    super(status, code)
    this.name = 'ResumeRefused'
    this.error_detail = reason
    this.expose = true
    this.allow_redirect = false
  }
}

/** Throws where the gate is shut. Whoever goes back with an error gets nothing, and is not asked. */
export async function admitBack(gatekeeper: Gatekeeper, { result, params }: AdapterPayload): Promise<void> {
  const session = Provider.ctx?.oidc.session
  const personId = result?.login?.accountId ?? session?.accountId
  if (!session || !result || 'error' in result || personId === undefined) return
  const clientId = typeof params?.['client_id'] === 'string' ? params['client_id'] : null
  const party = { personId, clientId, sessionUid: session.uid }
  const verdict = await gatekeeper.answer(party, result.login?.ts ?? session.loginTs ?? 0)
  if (verdict.allowed) return
  throw new ResumeRefused(
    concernsPerson(verdict.reason) ? refusals.accountNotActive() : refusals.visitExpired(),
    verdict.reason,
  )
}
