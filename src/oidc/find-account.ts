/**
 * Whom the provider is dealing with, asked on every path: a session at /auth, a code or token at /token, an access
 * token at userinfo. Whoever does not pass the gate is nobody: the person signs in again, the token is invalid.
 */
import type { Account, Configuration, KoaContextWithOIDC } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import type { Person } from '../people/people.ts'
import { claimsAbout } from './claims.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { kindOf, noteOf } from './notes.ts'

type Needs = Pick<Campus, 'clock' | 'audit'>
type FindAccount = NonNullable<Configuration['findAccount']>
type Token = Parameters<FindAccount>[2]

export function createFindAccount({ clock, audit }: Needs, gatekeeper: Gatekeeper): FindAccount {
  return async (ctx, personId, token) => {
    const clientId = ctx.oidc.client?.clientId ?? null
    const party = { personId, clientId, sessionUid: sessionOf(ctx, token) }
    const since = token ? await gatekeeper.beginningOf(token) : (ctx.oidc.session?.loginTs ?? 0)
    const answer = await gatekeeper.answer(party, since)
    if (answer.allowed) return accountOf(answer.person, clock())
    const subject = `person:${personId}`
    const row = { ...noteOf(ctx), event: 'gate.refused', result: 'refused', reason: answer.reason, subject } as const
    audit.note(row, kindOf(row))
    return undefined
  }
}

function accountOf(person: Person | null, at: Date): Account | undefined {
  return person ? { accountId: person.id, claims: () => claimsAbout(person, at) } : undefined
}

function sessionOf(ctx: KoaContextWithOIDC, token: Token): string | null {
  const uid = token && 'sessionUid' in token ? token.sessionUid : ctx.oidc.session?.uid
  return typeof uid === 'string' ? uid : null
}
