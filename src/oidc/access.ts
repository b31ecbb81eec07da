/**
 * An access token with all that it rests on: for whoever answers without the library (direct-answers.ts). What comes
 * out of here is in force beyond doubt. Whatever is missing, over, or unlike what we know answers null, and means no
 * more than that the library is to be asked.
 */
import type { AdapterPayload } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import type { GateAnswer } from '../gate/gate.ts'
import type { BoundRecords, Presented } from './bound-records.ts'
import type { Admitted } from './find-account.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { epochSeconds } from './lifetimes.ts'
import { decode, keyOf, type Records } from './records.ts'
import type { SessionDocument } from './session-document.ts'

interface Facts {
  clientId: string
  /** null: for userinfo. */
  audience: string | null
  scopes: string[]
  /** Epoch seconds, both. */
  issuedAt: number
  expiresAt: number
}

/** In a person's name. */
export interface PersonsAccess extends Facts {
  /** As they have passed the gate. */
  admitted: Admitted & { person: object }
  /** What the client may ask of userinfo, in the order in which the grant says it. */
  grantedScopes: string[]
  withheldClaims: string[]
  /** As the grant has them: what may be done at resource servers, and what else is kept there. */
  resources: Record<string, string>
}

/** On a client's own account. */
export interface ClientsAccess extends Facts {
  admitted: null
}

export interface AccessReader {
  ofPerson(token: string): Promise<PersonsAccess | null>
  ofClient(token: string): Promise<ClientsAccess | null>
}

/** A field that is not here (a proof of possession, claims of its own) has a meaning that only the library knows. */
const FIELDS = ['kind', 'jti', 'iat', 'exp', 'clientId', 'aud', 'scope']
const FIELDS_OF: Readonly<Record<string, ReadonlySet<string>>> = {
  AccessToken: new Set([
    ...FIELDS,
    ...['accountId', 'claims', 'expiresWithSession', 'grantId', 'gty', 'sessionUid', 'sid'],
  ]),
  ClientCredentials: new Set(FIELDS),
  Grant: new Set(['kind', 'iat', 'exp', 'accountId', 'clientId', 'openid', 'resources', 'rejected']),
}

interface Parts {
  presented: BoundRecords['presented']
  records: Pick<Records, 'read'>
  gatekeeper: Gatekeeper
}

export function createAccessReader(
  { clock }: Pick<Campus, 'clock'>,
  { presented, records, gatekeeper }: Parts,
): AccessReader {
  /** Without the tolerance that the library may have: at the edge it is the library that decides. */
  function isOver({ exp }: AdapterPayload): boolean {
    return typeof exp !== 'number' || exp <= epochSeconds(clock())
  }

  /** A token with `expiresWithSession` is good as long as its session is, and leads from it to the same grant. */
  function holds({ session }: SessionDocument, token: AdapterPayload): boolean {
    const { accountId, clientId, grantId, expiresWithSession } = token
    if (!expiresWithSession) return true
    if (clientId === undefined || isOver(session) || session.accountId !== accountId) return false
    return session.authorizations?.[clientId]?.grantId === grantId
  }

  return {
    async ofPerson(id) {
      const found = await presented(id)
      if (found === null || !isPlain('AccessToken', found.token) || !isPlain('Grant', found.grant)) return null
      const { token, grant, document } = found
      const [facts, allowance] = [factsOf(token), allowanceOf(grant)]
      if (facts === null || allowance === null || isOver(token) || isOver(grant)) return null
      const { accountId: personId, clientId, sessionUid = null, claims } = token
      if (personId === undefined || grant.accountId !== personId || grant.clientId !== clientId) return null
      // The last: single claims, asked for by name.
      if (!isItsGrant(found) || !holds(document, token) || claims?.userinfo !== undefined) return null
      const party = { personId, clientId: facts.clientId, sessionUid }
      const answer = await gatekeeper.answer(party, gatekeeper.earliest(allowance.since))
      return hasPerson(answer) ? { ...facts, ...allowance, admitted: answer } : null
    },

    async ofClient(id) {
      const token = decode('ClientCredentials', await records.read(keyOf('ClientCredentials', id)))
      const facts = token && isPlain('ClientCredentials', token) && !isOver(token) ? factsOf(token) : null
      if (facts === null) return null
      const party = { personId: null, clientId: facts.clientId, sessionUid: null }
      const answer = await gatekeeper.answer(party, facts.issuedAt)
      return answer.allowed ? { ...facts, admitted: null } : null
    },
  }
}

/** The library would look for it by the name that the token has for it. */
function isItsGrant({ token, grant, document }: Presented): boolean {
  return document.grants.find(({ id }) => id === token.grantId)?.payload === grant
}

function hasPerson(answer: GateAnswer): answer is PersonsAccess['admitted'] {
  return answer.allowed && answer.person !== null
}

function isPlain(model: string, record: AdapterPayload): boolean {
  for (const field in record) if (!FIELDS_OF[model]?.has(field)) return false
  return record.kind === model
}

function factsOf({ clientId, aud, scope, iat, exp }: AdapterPayload): Facts | null {
  if (typeof clientId !== 'string' || typeof iat !== 'number' || typeof exp !== 'number') return null
  if (aud !== undefined && typeof aud !== 'string') return null
  const scopes = typeof scope === 'string' ? [...new Set(scope.split(' '))] : []
  return { clientId, audience: aud ?? null, scopes, issuedAt: iat, expiresAt: exp }
}

interface Allowance extends Pick<PersonsAccess, 'grantedScopes' | 'withheldClaims' | 'resources'> {
  /** Epoch seconds. */
  since: number
}

function allowanceOf({ iat, ...grant }: AdapterPayload): Allowance | null {
  const scopes = isRecord(grant['openid']) ? grant['openid']['scope'] : null
  const withheldClaims = grant['rejected'] === undefined ? [] : claimsAlone(grant['rejected'])
  const resources = grant['resources'] ?? {}
  if (typeof scopes !== 'string' || typeof iat !== 'number' || withheldClaims === null) return null
  return isOfTexts(resources) ? { grantedScopes: scopes.split(' '), withheldClaims, resources, since: iat } : null
}

/** Of what was refused: single claims at most. A grant of ours refuses no scope (grants.ts). */
function claimsAlone(rejected: unknown): string[] | null {
  if (!isRecord(rejected) || Object.keys(rejected).join() !== 'openid') return null
  const { openid } = rejected
  if (!isRecord(openid) || Object.keys(openid).join() !== 'claims' || !Array.isArray(openid['claims'])) return null
  const claims: unknown[] = openid['claims']
  return claims.every((claim) => typeof claim === 'string') ? claims : null
}

function isOfTexts(value: unknown): value is Record<string, string> {
  return isRecord(value) && Object.values(value).every((one) => typeof one === 'string')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
