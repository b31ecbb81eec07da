/** What sessions leave in the store in memory: to be looked at, and to be made older than it is. */
import {
  decodeDocument,
  encodeDocument,
  type SessionDocument,
  type TokenFamily,
} from '../../src/oidc/session-document.ts'
import { type Payload, shorten } from '../../src/oidc/short-payloads.ts'
import type { MemoryExpiring } from './memory-expiring.ts'

const SESSION = /^s:([\w-]{22})$/

export const isSession = (key: string) => SESSION.test(key)
export const isCode = (key: string) => /^s:[\w-]{22}\/c:/.test(key)
export const isAccessToken = (key: string) => /^s:[\w-]{22}\/t:/.test(key)

type Store = Pick<MemoryExpiring, 'standing' | 'rewrite'>

export function documentsIn(store: Store): SessionDocument[] {
  return [...store.standing()].flatMap(([key, raw]) => {
    const [, uid] = SESSION.exec(key) ?? []
    const document = uid === undefined ? null : decodeDocument(uid, raw)
    return document === null ? [] : [document]
  })
}

export function editDocuments(store: Store, change: (document: SessionDocument) => SessionDocument): void {
  store.rewrite(isSession, (raw, key) => {
    const document = decodeDocument(SESSION.exec(key)?.[1] ?? '', raw)
    if (document === null) throw new Error(`${key} is no session`)
    return encodeDocument(change(document))
  })
}

export function editSessions(store: Store, change: (session: SessionDocument['session']) => object): void {
  editDocuments(store, ({ session, ...others }) => ({ ...others, session: { ...session, ...change(session) } }))
}

export function editFamilies(store: Store, change: (family: TokenFamily) => Partial<TokenFamily>): void {
  editDocuments(store, (document) => ({
    ...document,
    grants: document.grants.map((grant) => ({
      ...grant,
      families: grant.families.map((family) => ({ ...family, ...change(family) })),
    })),
  }))
}

export function familiesIn(store: Store): TokenFamily[] {
  return documentsIn(store).flatMap(({ grants }) => grants.flatMap(({ families }) => families))
}

export function editGrants(store: Store, change: (grant: Payload) => object): void {
  editDocuments(store, ({ grants, ...others }) => ({
    ...others,
    grants: grants.map(({ payload, ...grant }) => ({ ...grant, payload: { ...payload, ...change(payload) } })),
  }))
}

/** Puts these fields into them, and takes away those that are undefined. */
export function editAccessTokens(store: Store, change: (token: Payload) => object): void {
  const grants = new Map(
    documentsIn(store).flatMap((document) => document.grants.map(({ id, payload }) => [id, payload])),
  )
  store.rewrite(isAccessToken, (raw, key) => {
    const [name, at, short] = JSON.parse(raw)
    const since = grants.get(`${key.slice(2, 24)}.${name}`)?.iat ?? 0
    const fields: Payload = { ...change(short) }
    const asIfOthers = Object.fromEntries(Object.keys(fields).map((field) => [field, 'another']))
    return JSON.stringify([name, at, { ...short, ...shorten(fields, asIfOthers, since) }])
  })
}

/** As if they had been issued so much earlier. */
export function ageAccessTokens(store: Store, seconds: number): void {
  store.rewrite(isAccessToken, (raw) => {
    const [grant, at, { e, ...short }] = JSON.parse(raw)
    return JSON.stringify([grant, at - seconds, { ...short, ...(e !== undefined && { e: e - seconds }) }])
  })
}

/** Sessions that only end: what outlives them stands. (15 s are lent to the clocks of others, client-assertions.ts.) */
export function endSessions(store: Store): void {
  editSessions(store, () => ({ exp: Math.floor(Date.now() / 1_000) - 16 }))
}
