/**
 * Codes and access tokens, as the provider keeps them: each beside the document of its session, with which it is read.
 * Of an access token is kept what its grant does not say.
 */
import { type Adapter, type AdapterPayload, errors, Provider } from 'oidc-provider'
import type { Gatekeeper } from './gatekeeper.ts'
import { LIFETIME_SECONDS } from './lifetimes.ts'
import { digestOf, type Locators } from './locators.ts'
import { decode, encode, type Records } from './records.ts'
import type { SessionActivity } from './session-activity.ts'
import { type GrantRecord, type SessionDocument, USUAL_SECONDS } from './session-document.ts'
import { keyBeside, type SessionDocuments } from './session-documents.ts'
import { type Payload, restore, shorten } from './short-payloads.ts'
import type { SingleUse } from './single-use.ts'

/** An access token with all that decides whether it is still good; the gate is asked besides (gatekeeper.ts). */
export interface Presented {
  token: AdapterPayload
  grant: AdapterPayload
  /**
   * With the session in which it was issued. A token with `expiresWithSession` dies with that: at its `exp`, and where
   * it is another person's by now, or leads to another grant for this client.
   */
  document: SessionDocument
}

interface Parts {
  documents: SessionDocuments
  activity: SessionActivity
  records: Records
  gatekeeper: Gatekeeper
  locators: Locators
  singleUse: SingleUse
}

export interface BoundRecords {
  codes: Adapter
  accessTokens: Adapter
  /**
   * What was presented as an access token, with its grant and its session: one trip, and none for what cannot be one.
   * null where there is no such token, or its grant was revoked. Ends (`exp`) are the caller's to look at.
   */
  presented(token: string): Promise<Presented | null>
}

/** Nothing of it is written here that is not beside it: the name of the grant, when it was made, the rest. */
type TokenEntry = [grant: string, at: number, token: Payload]

export function createBoundRecords(parts: Parts): BoundRecords {
  const { documents, gatekeeper, locators } = parts

  const presented: BoundRecords['presented'] = async (token) => {
    const located = locators.locate('AccessToken', token)
    if (located === null) return null
    const { uid } = located
    const { document, raw } = await documents.readBeside(uid, keyBeside(uid, 'access-token', digestOf(token)))
    if (document === null || raw === null) return null
    const [name, at, short] = JSON.parse(raw) as TokenEntry
    const grant = document.grants.find(({ id }) => id === `${uid}.${name}`)
    if (grant === undefined) return null
    const kept = restore(short, tokenTemplate(grant, at), since(grant))
    return { token: { ...kept, sessionUid: uid, jti: token }, grant: grant.payload, document }
  }

  /** Whoever redeems or shows a token has its person looked at next. */
  function foresee({ accountId, clientId, sessionUid }: AdapterPayload): void {
    if (accountId === undefined || Provider.ctx?.oidc.route === 'revocation') return
    gatekeeper.foresee({ personId: accountId, clientId: clientId ?? null, sessionUid: sessionUid ?? null })
  }

  return { presented, accessTokens: accessTokens(parts, { presented, foresee }), codes: codes(parts, foresee) }
}

interface Reading {
  presented: BoundRecords['presented']
  foresee(token: AdapterPayload): void
}

function accessTokens(
  { documents, records, gatekeeper, activity, locators }: Parts,
  { presented, foresee }: Reading,
): Adapter {
  const keyOf = (token: string) => {
    const located = locators.locate('AccessToken', token)
    return located && keyBeside(located.uid, 'access-token', digestOf(token))
  }
  return {
    async upsert(token, payload, seconds = LIFETIME_SECONDS.accessToken) {
      await gatekeeper.admit('AccessToken', payload)
      const key = keyOf(token)
      if (key === null) throw new Error('an access token without a session')
      const grant = await documents.grant(payload.grantId ?? '')
      // Revoked since it was looked at.
      if (grant === null) throw new errors.InvalidGrant('the grant is gone')
      const { jti: _itself, sessionUid: _inTheKey, ...kept } = payload
      const resting = { id: payload.grantId ?? '', payload: grant }
      const at = (payload.iat ?? 0) - since(resting)
      const name = resting.id.slice(resting.id.indexOf('.') + 1)
      const entry: TokenEntry = [name, at, shorten(kept, tokenTemplate(resting, at), since(resting))]
      await records.put(key, JSON.stringify(entry), { seconds })
      await activity.issued(payload)
    },
    async find(token) {
      const found = await presented(token)
      if (found === null) return undefined
      foresee(found.token)
      return found.token
    },
    async destroy(token) {
      const key = keyOf(token)
      if (key !== null) await records.remove(key)
    },
    ...nothingElse,
  }
}

type Resting = Pick<GrantRecord, 'id' | 'payload'>

function since({ payload }: Resting): number {
  return payload.iat ?? 0
}

/** Of what never changes: a session may be signed in to anew while the token lives. */
function tokenTemplate({ id, payload }: Resting, at: number): Payload {
  const { accountId, clientId } = payload
  const iat = (payload.iat ?? 0) + at
  const owner = { accountId, clientId, grantId: id }
  const ends = { iat, exp: iat + USUAL_SECONDS.accessToken }
  return { kind: 'AccessToken', ...owner, ...ends, gty: 'authorization_code' }
}

function codes({ documents, records, gatekeeper, locators, singleUse }: Parts, foresee: Reading['foresee']): Adapter {
  const placeOf = (code: string) => {
    const located = locators.locate('AuthorizationCode', code)
    return located && { uid: located.uid, key: keyBeside(located.uid, 'authorization-code', digestOf(code)) }
  }
  return {
    async upsert(code, payload, seconds = LIFETIME_SECONDS.authorizationCode) {
      await gatekeeper.admit('AuthorizationCode', payload)
      const place = placeOf(code)
      if (place === null) throw new Error('a code without a session')
      await records.put(place.key, encode(payload), { seconds })
    },
    async find(code) {
      const place = placeOf(code)
      if (place === null) return undefined
      const { raw } = await documents.readBeside(place.uid, place.key)
      const record = decode('AuthorizationCode', raw)
      if (record === null) return undefined
      singleUse.refuseLosers('AuthorizationCode', record.consumed)
      foresee(record)
      return { ...record, jti: code }
    },
    async consume(code) {
      const place = placeOf(code)
      if (place === null) throw new errors.InvalidGrant('no such code')
      await singleUse.consume('AuthorizationCode', place.key)
    },
    async destroy(code) {
      const place = placeOf(code)
      if (place !== null) await records.remove(place.key)
    },
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
    revokeByGrantId: async () => undefined,
  }
}

const nothingElse = {
  consume: async () => undefined,
  findByUid: async () => undefined,
  findByUserCode: async () => undefined,
  // Whoever presents a token has its grant read with it: to destroy the grant revokes them all (revokeGrantPolicy).
  revokeByGrantId: async () => undefined,
}
