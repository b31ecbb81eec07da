import { expect, test } from '@jest/globals'
import { claimsOf, KNOWN_SCOPES } from '../clients/clients.ts'
import { decodeDocument, encodeDocument, type SessionDocument } from './session-document.ts'

const uid = 'RgdAd6MwYFOqZYWHRd4Ttg'
const since = 1_795_720_703
const digest = (letter: string) => letter.repeat(22)

const grantId = `${uid}.grant1`
const grant = {
  ...{ kind: 'Grant', accountId: 'lan', clientId: 'app', iat: since - 1, exp: since - 1 + 22 * 86_400 },
  openid: { scope: 'openid profile', claims: claimsOf(['profile']) },
}
const token = {
  ...{ kind: 'RefreshToken', accountId: 'lan', clientId: 'app', grantId, sessionUid: uid, scope: 'openid' },
  ...{ iat: since + 90, iiat: since, exp: since + 14 * 86_400, gty: 'authorization_code refresh_token', rotations: 1 },
}
const document: SessionDocument = {
  session: {
    ...{ kind: 'Session', uid, iat: since, exp: since + 7_200, accountId: 'lan', loginTs: since - 2 },
    authorizations: { app: { sid: 'sid', grantId, persistsLogout: true }, other: { sid: 'other' } },
  },
  cookies: [digest('a'), digest('b')],
  grants: [
    {
      id: grantId,
      payload: grant,
      families: [{ id: 'family', generation: 1, digest: digest('c'), consumed: [since * 1_000 + 7], payload: token }],
    },
    { id: `${uid}.older1`, payload: { ...grant, clientId: 'gone', openid: { claims: ['x'] } }, families: [] },
  ],
}

test('a document comes back as it was', () => {
  expect(decodeDocument(uid, encodeDocument(document))).toEqual(document)
})

test('a document without an owner, or with nothing in it, comes back too', () => {
  const session = { kind: 'Session', uid, iat: since, exp: since + 900, state: { secret: 's', clientId: 'app' } }
  const nobodys = { session, cookies: [], grants: [] }
  expect(decodeDocument(uid, encodeDocument(nobodys))).toEqual(nobodys)
})

test.each([
  ['all that is not given', claimsOf(KNOWN_SCOPES).filter((claim) => !grant.openid.claims.includes(claim))],
  ['less than that', ['campus_id']],
])('what a grant withholds comes back: %s', (_what, claims) => {
  const [first] = document.grants
  const payload = { ...grant, rejected: { openid: { claims } } }
  const grants = [{ id: grantId, families: first?.families ?? [], payload }]
  const written = encodeDocument({ ...document, grants })
  expect(decodeDocument(uid, written)?.grants).toEqual(grants)
})

test('what a grant withholds is not written where it is all that is not given', () => {
  const [first] = document.grants
  const rejected = {
    openid: { claims: claimsOf(KNOWN_SCOPES).filter((claim) => !grant.openid.claims.includes(claim)) },
  }
  const lengths = [{}, { rejected }].map((more) => {
    const grants = [{ id: grantId, families: first?.families ?? [], payload: { ...grant, ...more } }]
    return encodeDocument({ ...document, grants }).length
  })
  // To say that nothing is withheld takes the place.
  expect((lengths[0] ?? 0) - (lengths[1] ?? 0)).toBe(',"j":null'.length)
})

test.each(['', '{}', '[2,1,"",{},[]]', 'null'])('%j is no document', (raw) => {
  expect(decodeDocument(uid, raw)).toBeNull()
})
