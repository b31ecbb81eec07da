/** What the work of telling relying parties (src/logout-deliveries) asks of the provider: tokens, and who took part. */
import type { Client, Provider } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import { isUnavailable } from '../errors.ts'
import type { Key } from '../expiring/expiring.ts'
import type { EndedSession, LogoutDesk, LogoutNotice, Told, UntoldEnd } from '../logout-deliveries/logout-deliveries.ts'
import { noticesOf } from './logout-notices.ts'
import { keyOfSession, sessionsOfPerson } from './session-documents.ts'
import { sessionIn } from './stored-sessions.ts'

/** Sends a token at once, and rejects where it was not confirmed. */
export type TellDirectly = (client: Client, notice: LogoutNotice) => Promise<void>

/**
 * The library would tell everybody while the person waits, once. Whom to tell stands in PostgreSQL by then (see
 * session-end.ts), so it tells nobody. Answers how the library would have done it.
 */
export function tellNobodyYet(provider: Provider): TellDirectly {
  const { prototype } = provider.Client
  const { backchannelLogout } = prototype
  if (typeof backchannelLogout !== 'function') throw new Error('the library has no back-channel logout any more')
  prototype['backchannelLogout'] = async () => undefined
  return async (client, { personId, sid }) => {
    await backchannelLogout.call(client, personId, sid)
  }
}

export interface Teller {
  provider: Provider
  tellDirectly: TellDirectly
}

/** `present`: with the keys of now, for each token anew. */
export function createLogoutDesk({ expiring }: Pick<Campus, 'expiring'>, present: () => Teller): LogoutDesk {
  async function readEnded(key: Key, { kind, id, at }: UntoldEnd): Promise<EndedSession | null> {
    const raw = await expiring.read(key)
    const session = sessionIn(key, raw)
    if (raw === null || session?.accountId === undefined) return null
    if (kind === 'person' && session.accountId !== id) return null
    // As the gate has it: whoever has signed in again meanwhile stays.
    if ((session.loginTs ?? 0) * 1_000 >= at.getTime()) return null
    const { accountId, authorizations } = session
    return { notices: noticesOf({ accountId, authorizations }), remove: () => removeUnlessChanged(key, raw) }
  }

  /** Nobody who is under way in it can write it back: a swap of theirs finds that something else stands there. */
  async function removeUnlessChanged(key: Key, raw: string): Promise<boolean> {
    const { swapped } = await expiring.swap(key, raw, ENDED, { seconds: ENDED_SECONDS })
    if (swapped) await expiring.remove(key)
    return swapped
  }

  return {
    tell: (notice) => tell(present(), notice),
    async endedBy(end) {
      const keys = end.kind === 'session' ? [keyOfSession(end.id)] : await expiring.listed(sessionsOfPerson(end.id))
      const sessions = await Promise.all(keys.map((key) => readEnded(key, end)))
      return sessions.filter((session) => session !== null)
    },
  }
}

/** For the moment between the swap and the removal; it is no session. */
const ENDED = JSON.stringify({ kind: 'EndedSession' })
const ENDED_SECONDS = 60

async function tell({ provider, tellDirectly }: Teller, notice: LogoutNotice): Promise<Told> {
  const client = await provider.Client.find(notice.clientId)
  if (!client?.backchannelLogoutUri) return { kind: 'nobody' }
  try {
    await tellDirectly(client, notice)
    return { kind: 'told' }
  } catch (cause) {
    // Ours, not theirs.
    if (isUnavailable(cause)) throw cause
    return { kind: 'failed', ...failureOf(cause), cause }
  }
}

function failureOf(error: unknown): { failure: string; answers: boolean } {
  if (error instanceof Error && 'response' in error && error.response instanceof Response) {
    const { status } = error.response
    return { failure: `status_${status}`, answers: status < 500 }
  }
  // No Error, but a DOMException.
  const isLate = typeof error === 'object' && error !== null && 'name' in error && error.name === 'TimeoutError'
  return { failure: isLate ? 'no_answer_in_time' : 'unreachable', answers: false }
}
