/** The gate (src/gate) as the provider meets it: asked once for each party in a request, and forgotten on no path. */
import { type AdapterPayload, errors, Provider } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import { type GateAnswer, mayIssue, type NotBeforeStore, type Party } from '../gate/gate.ts'
import { epochSeconds } from './lifetimes.ts'
import type { RequestScope } from './request-scope.ts'
import type { SessionDocuments } from './session-documents.ts'

export interface Gatekeeper {
  /** `since`: the beginning of what the answer is to rest on, in epoch seconds; a sign-in knows the fraction too. */
  answer(party: Party, since: number): Promise<GateAnswer>
  /** When that began on which a token rests: its sign-in or its grant, whichever is older. Epoch seconds. */
  beginningOf(token: Token): Promise<number>
  /** The same of moments that are known: what has none begins now. */
  earliest(...moments: number[]): number
  /** Begins to ask about whom will be asked about. */
  foresee(party: Party): void
  /** Throws what fits the endpoint, unless the gate lets this record be issued. */
  admit(model: string, payload: AdapterPayload): Promise<void>
}

interface Token {
  authTime?: number | undefined
  grantId?: string | undefined
}

type Needs = Pick<Campus, 'notBefore' | 'clock'>

/** They open nothing by themselves. Whatever else the library keeps, now or in a later version, gives access. */
const OPENS_NOTHING = new Set(['Client', 'Grant', 'Interaction', 'PushedAuthorizationRequest', 'ReplayDetection'])

/** Nobody has signed in there yet: what they wait for comes with a later save. */
const MAY_BE_NOBODYS = new Set(['DeviceCode', 'Session'])

function givesAccess(model: string, { accountId }: AdapterPayload): boolean {
  return !OPENS_NOTHING.has(model) && (accountId !== undefined || !MAY_BE_NOBODYS.has(model))
}

export function createGatekeeper(
  needs: Needs,
  documents: Pick<SessionDocuments, 'grant'>,
  scope: RequestScope,
): Gatekeeper {
  const notBefore = rememberingStore(needs.notBefore, scope)

  const answer: Gatekeeper['answer'] = (party, since) =>
    mayIssue({ notBefore, clock: needs.clock }, { ...party, issuedAt: new Date(Math.round(since * 1_000)) })

  const beginningOf: Gatekeeper['beginningOf'] = async ({ authTime, grantId }) => {
    const grant = grantId === undefined ? null : await documents.grant(grantId)
    // A client on its own account has neither: what it gets begins now.
    return earliest(authTime ?? Number.POSITIVE_INFINITY, grant?.iat ?? Number.POSITIVE_INFINITY)
  }

  function earliest(...moments: number[]): number {
    // The second in which a moment was set counts as over for whoever signed in after it (see completeSignIn).
    return Math.min(...moments, epochSeconds(needs.clock()) + 1)
  }

  return {
    answer,
    beginningOf,
    earliest,
    // A failure is told to whoever asks.
    foresee: (party) => void notBefore.standing(party).catch(() => undefined),
    async admit(model, payload) {
      if (!givesAccess(model, payload)) return
      const party = partyOf(model, payload)
      const since = model === 'Session' ? (payload.loginTs ?? 0) : await beginningOf(payload)
      const verdict = await answer(party, since)
      if (verdict.allowed) return
      const reason = `the gate is shut: ${verdict.reason}`
      throw Provider.ctx?.oidc.route === 'token'
        ? new errors.InvalidGrant(reason)
        : new errors.AccessDenied(undefined, reason)
    },
  }
}

function partyOf(model: string, payload: AdapterPayload): Party {
  const session = model === 'Session' ? payload.uid : payload.sessionUid
  const client = model === 'Session' ? Provider.ctx?.oidc.client?.clientId : payload.clientId
  return { personId: payload.accountId ?? null, clientId: client ?? null, sessionUid: session ?? null }
}

/** One request gets one answer, however many records it saves. A failure is an answer too. */
function rememberingStore(store: NotBeforeStore, scope: RequestScope): Pick<NotBeforeStore, 'standing'> {
  return {
    standing(party) {
      const { standings } = scope.current()
      const name = JSON.stringify([party.personId, party.clientId, party.sessionUid])
      const known = standings.get(name)
      if (known !== undefined) return known
      const standing = store.standing(party)
      standings.set(name, standing)
      return standing
    },
  }
}
