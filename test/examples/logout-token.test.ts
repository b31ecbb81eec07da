import { beforeAll, describe, expect, test } from '@jest/globals'
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { createReplayGuard, readLogoutToken } from '../../examples/demo-relying-parties/logout-token.ts'

const ISSUER = 'https://id.school.example'
const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const NOW = new Date('2026-09-01T08:00:00Z')
const SECONDS = Math.floor(NOW.getTime() / 1000)

let ours: CryptoKey
let theirs: CryptoKey
let keys: ReturnType<typeof createLocalJWKSet>

beforeAll(async () => {
  const pair = await generateKeyPair('ES256')
  ours = pair.privateKey
  theirs = (await generateKeyPair('ES256')).privateKey
  keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256' }] })
})

/** With `undefined` for what is left out. */
type Claims = Record<string, unknown>

const GOOD: Claims = {
  iss: ISSUER,
  aud: 'demo-portal',
  iat: SECONDS,
  exp: SECONDS + 120,
  jti: 'first',
  events: { [EVENT]: {} },
  sub: 'a-subject',
  sid: 'a-session',
}

function sign(claims: Claims, { typ = 'logout+jwt', key = ours } = {}): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'one', typ }).sign(key)
}

function read(token: string, { now = NOW, useOnce = createReplayGuard(() => now) } = {}) {
  return readLogoutToken(token, { issuer: ISSUER, clientId: 'demo-portal', keys, now, useOnce })
}

function without(claim: string): Claims {
  return Object.fromEntries(Object.entries(GOOD).filter(([name]) => name !== claim))
}

describe('a logout token', () => {
  test('names the session and the person who left', async () => {
    expect(await read(await sign(GOOD))).toEqual({ valid: true, sub: 'a-subject', sid: 'a-session' })
  })

  test('may name the session alone, or the person alone', async () => {
    expect(await read(await sign(without('sub')))).toEqual({ valid: true, sub: null, sid: 'a-session' })
    expect(await read(await sign(without('sid')))).toEqual({ valid: true, sub: 'a-subject', sid: null })
  })

  test('may be for several applications, if we are one of them', async () => {
    expect(await read(await sign({ ...GOOD, aud: ['another', 'demo-portal'] }))).toMatchObject({ valid: true })
  })

  test.each<[string, Claims]>([
    ['of another issuer', { ...GOOD, iss: 'https://id.elsewhere.example' }],
    ['for another application', { ...GOOD, aud: 'demo-club' }],
    ['that has expired', { ...GOOD, iat: SECONDS - 200, exp: SECONDS - 31 }],
    ['that is old, whatever expiry it gives itself', { ...GOOD, iat: SECONDS - 400, exp: SECONDS + 9_999 }],
    ['from the future', { ...GOOD, iat: SECONDS + 60, exp: SECONDS + 180 }],
    ['with a nonce, as an ID token has', { ...GOOD, nonce: 'n' }],
    ['about another event', { ...GOOD, events: { 'http://schemas.openid.net/event/other': {} } }],
    ['whose event is no object', { ...GOOD, events: { [EVENT]: true } }],
    ['whose events are a list', { ...GOOD, events: [EVENT] }],
    ['with an empty jti', { ...GOOD, jti: '' }],
    ['that names nobody', { ...GOOD, sub: undefined, sid: undefined }],
    ...['iss', 'aud', 'iat', 'exp', 'jti', 'events'].map((claim): [string, Claims] => [
      `without ${claim}`,
      { ...GOOD, [claim]: undefined },
    ]),
  ])('%s is refused', async (_what, claims) => {
    expect(await read(await sign(claims))).toMatchObject({ valid: false })
  })

  test('that is really an ID token is refused', async () => {
    expect(await read(await sign(GOOD, { typ: 'JWT' }))).toMatchObject({ valid: false })
  })

  test('signed by somebody else is refused', async () => {
    expect(await read(await sign(GOOD, { key: theirs }))).toMatchObject({ valid: false })
  })

  test('signed by nobody, or with a public key as a secret, is refused', async () => {
    const body = Buffer.from(JSON.stringify(GOOD)).toString('base64url')
    const header = Buffer.from(JSON.stringify({ alg: 'none', typ: 'logout+jwt' })).toString('base64url')
    expect(await read(`${header}.${body}.`)).toMatchObject({ valid: false })
    const secret = new TextEncoder().encode('any public text of some length at all')
    const forged = await new SignJWT(GOOD).setProtectedHeader({ alg: 'HS256', typ: 'logout+jwt' }).sign(secret)
    expect(await read(forged)).toMatchObject({ valid: false })
    const gullible = {
      issuer: ISSUER,
      clientId: 'demo-portal',
      keys: async () => secret,
      now: NOW,
      useOnce: () => true,
    }
    expect(await readLogoutToken(forged, gullible)).toMatchObject({ valid: false })
    for (const noise of ['', 'x', 'a.b.c', '..']) expect(await read(noise)).toMatchObject({ valid: false })
  })

  test('is good once', async () => {
    let now = NOW
    const useOnce = createReplayGuard(() => now)
    const token = await sign(GOOD)
    expect(await read(token, { useOnce })).toMatchObject({ valid: true })
    now = new Date(NOW.getTime() + 149_000)
    expect(await read(token, { useOnce, now })).toEqual({ valid: false, why: 'jti was used before' })
    expect(await read(await sign({ ...GOOD, jti: 'second' }), { useOnce })).toMatchObject({ valid: true })
  })

  test('that fails does not use up the identifier of one that is good', async () => {
    const useOnce = createReplayGuard(() => NOW)
    expect(await read(await sign(GOOD, { key: theirs }), { useOnce })).toMatchObject({ valid: false })
    expect(await read(await sign({ ...GOOD, nonce: 'n' }), { useOnce })).toMatchObject({ valid: false })
    expect(await read(await sign(GOOD), { useOnce })).toMatchObject({ valid: true })
  })

  test('is not judged while the keys cannot be read', async () => {
    const unreadable = () => Promise.reject(new TypeError('fetch failed'))
    const checks = { issuer: ISSUER, clientId: 'demo-portal', keys: unreadable, now: NOW, useOnce: () => true }
    await expect(readLogoutToken(await sign(GOOD), checks)).rejects.toThrow('fetch failed')
  })
})
