/**
 * What one session leaves in the store, as one value: the session, the grants of its relying parties, and the families
 * of their refresh tokens. Whatever rests on something else in it is not written twice. The value outlives the session
 * itself where a refresh token does; each part of it ends by its own time.
 */
import type { AdapterPayload, ClientAuthorizationState } from 'oidc-provider'
import { claimsOf, KNOWN_SCOPES } from '../clients/clients.ts'
import { type Payload, restore, shorten } from './short-payloads.ts'

export interface SessionDocument {
  /** As the provider knows it, without the identifier in its cookie. */
  session: AdapterPayload
  /** Digests of the cookies that lead here: several only while steps of one browser run side by side. */
  cookies: readonly string[]
  /** The newest last. */
  grants: readonly GrantRecord[]
}

export interface GrantRecord {
  id: string
  payload: AdapterPayload
  /** The newest last. */
  families: readonly TokenFamily[]
}

/**
 * A refresh token and all that it was rotated into. The present one alone is kept: whoever shows an earlier one shows
 * its generation with it (locators.ts).
 */
export interface TokenFamily {
  id: string
  /** Of the present token. */
  generation: number
  /** Of the present token. */
  digest: string
  /** When the generations before were used up, the last one first: those that a race may be about. Milliseconds. */
  consumed: readonly number[]
  payload: AdapterPayload
}

/**
 * How long things live as a rule, in seconds: such an end is not written. These are part of the form and no settings:
 * where a lifetime is changed (lifetimes.ts), ends are written, and what stands keeps its own.
 */
export const USUAL_SECONDS = { accessToken: 3_600, grant: 22 * 86_400, refreshToken: 14 * 86_400, session: 7_200 }

/** Stands first: what was written in another way is taken for nothing. */
const VERSION = 1

/** Moments count from that of the session, in seconds. */
type Entries = [version: number, since: number, cookies: string, session: Payload, clients: ClientEntry[]]
type ClientEntry = [client: string, authorization: Payload | 0, grants: GrantEntry[]]
type GrantEntry = [name: string, at: number, grant: Payload, families: FamilyEntry[]]
type FamilyEntry = [id: string, generation: number, digest: string, consumed: number[], at: number, token: Payload]

const DIGEST_CHARACTERS = 22

export function encodeDocument({ session, cookies, grants }: SessionDocument): string {
  const { authorizations = {}, uid = '', ...rest } = session
  const since = rest.iat ?? 0
  const clientOf = ({ payload }: GrantRecord) => payload.clientId ?? ''
  const clients = new Set([...Object.keys(authorizations), ...grants.map(clientOf)])
  const entries: Entries = [
    VERSION,
    since,
    cookies.join(''),
    shorten(rest, sessionTemplate(since), since),
    [...clients].map((client) => {
      const own = grants.filter((grant) => clientOf(grant) === client)
      const mine = authorizations[client]
      const authorization = mine && shorten({ ...mine }, authorizationTemplate(own.at(-1)?.id), since)
      return [client, authorization ?? 0, own.map((grant) => grantEntry(session, since, grant))]
    }),
  ]
  return JSON.stringify(entries)
}

/** null where something else stands. A fresh object each time, because the provider changes what it gets. */
export function decodeDocument(uid: string, raw: string): SessionDocument | null {
  const entries = parsed(raw)
  if (entries === null) return null
  const [, since, cookies, short, clients] = entries
  const session: AdapterPayload = { ...restore(short, sessionTemplate(since), since), uid }
  const authorizations: Record<string, ClientAuthorizationState> = {}
  const grants: GrantRecord[] = []
  for (const [client, authorization, own] of clients) {
    const described = own.map((entry) => grantFrom(session, since, client, entry))
    if (authorization !== 0) {
      authorizations[client] = restore(authorization, authorizationTemplate(described.at(-1)?.id), since)
    }
    grants.push(...described)
  }
  if (Object.keys(authorizations).length > 0) session.authorizations = authorizations
  return { session, cookies: cookies.match(new RegExp(`.{${DIGEST_CHARACTERS}}`, 'g')) ?? [], grants }
}

function parsed(raw: string): Entries | null {
  if (!raw.startsWith(`[${VERSION},`)) return null
  return JSON.parse(raw) as Entries
}

function grantEntry(session: AdapterPayload, since: number, { id, payload, families }: GrantRecord): GrantEntry {
  const { clientId, ...rest } = payload
  const at = (payload.iat ?? 0) - since
  return [
    nameIn(id),
    at,
    shorten(rest, { ...grantTemplate(session, since + at), rejected: withheldFrom(rest['openid']) }, since),
    families.map((family) => familyEntry(session, since, { id, payload }, family)),
  ]
}

function grantFrom(session: AdapterPayload, since: number, clientId: string, entry: GrantEntry): GrantRecord {
  const [name, at, short, families] = entry
  const id = `${session.uid}.${name}`
  const template = grantTemplate(session, since + at)
  const { openid } = { openid: undefined, ...restore(short, template, since) }
  const payload = { ...restore(short, { ...template, rejected: withheldFrom(openid) }, since), clientId }
  return { id, payload, families: families.map((family) => familyFrom(session, since, { id, payload }, family)) }
}

type Resting = Pick<GrantRecord, 'id' | 'payload'>

function familyEntry(session: AdapterPayload, since: number, grant: Resting, family: TokenFamily): FamilyEntry {
  const { id, generation, digest, consumed, payload } = family
  const at = (payload.iiat ?? 0) - since
  const times = consumed.map((time) => time - since * 1_000)
  return [
    id,
    generation,
    digest,
    times,
    at,
    shorten(payload, tokenTemplate(session, grant, generation, since + at), since),
  ]
}

function familyFrom(session: AdapterPayload, since: number, grant: Resting, entry: FamilyEntry): TokenFamily {
  const [id, generation, digest, times, at, short] = entry
  const payload = restore(short, tokenTemplate(session, grant, generation, since + at), since)
  return { id, generation, digest, consumed: times.map((time) => time + since * 1_000), payload }
}

/** How most are: signed in with a password, for as long as the browser is open. */
function sessionTemplate(iat: number): Payload {
  const times = { iat, loginTs: iat, exp: iat + USUAL_SECONDS.session }
  return { kind: 'Session', ...times, transient: true, acr: 'urn:campus-id:acr:password', amr: ['pwd'] }
}

/** Of several grants of a client the newest is the one that counts, as a rule. */
function authorizationTemplate(grantId: string | undefined): Payload {
  return grantId === undefined ? {} : { grantId }
}

function grantTemplate({ accountId }: AdapterPayload, iat: number): Payload {
  return { kind: 'Grant', accountId, iat, exp: iat + USUAL_SECONDS.grant }
}

/** What is not given is withheld: of a claim that a later version knows, too, until somebody has agreed to it. */
function withheldFrom(openid: unknown): Payload {
  const given = typeof openid === 'object' && openid !== null && 'claims' in openid ? openid.claims : []
  const claims = claimsOf(KNOWN_SCOPES).filter((claim) => Array.isArray(given) && !given.includes(claim))
  return { openid: { claims } }
}

/** What a family inherits counts from when its first token was made. */
function tokenTemplate(session: AdapterPayload, { id, payload }: Resting, rotations: number, iiat: number): Payload {
  const { uid, acr, amr, loginTs } = session
  const { accountId, clientId, openid } = { openid: undefined, ...payload }
  const scope = scopeOf(openid)
  const ends = { iat: iiat, iiat, exp: iiat + USUAL_SECONDS.refreshToken }
  const owner = { accountId, clientId, grantId: id, sessionUid: uid, acr, amr, authTime: loginTs }
  return { kind: 'RefreshToken', ...ends, ...owner, scope, gty: 'authorization_code', rotations }
}

function scopeOf(openid: unknown): unknown {
  return typeof openid === 'object' && openid !== null && 'scope' in openid ? openid.scope : undefined
}

function nameIn(grantId: string): string {
  return grantId.slice(grantId.indexOf('.') + 1)
}
