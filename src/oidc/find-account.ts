/**
 * Whom the provider is dealing with, asked on every path: a session at /auth, a code or token at /token, an access
 * token at userinfo. Whoever does not pass the gate is nobody: the person signs in again, the token is invalid.
 */
import type { Account, Client, Configuration, Grant, KoaContextWithOIDC } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import type { GateAnswer } from '../gate/gate.ts'
import { validIdentities } from '../people/people.ts'
import { chosenIdentity } from './chosen-identity.ts'
import { withIdTokenClaims } from './claim-terms.ts'
import { claimsAbout } from './claims.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { kindOf, noteOf } from './notes.ts'

type Needs = Pick<Campus, 'config' | 'clock' | 'audit'>
export type Admitted = Extract<GateAnswer, { allowed: true }>
type FindAccount = NonNullable<Configuration['findAccount']>
type Token = Parameters<FindAccount>[2]

export function createFindAccount(needs: Needs, gatekeeper: Gatekeeper): FindAccount {
  return async (ctx, personId, token) => {
    const clientId = ctx.oidc.client?.clientId ?? null
    const party = { personId, clientId, sessionUid: sessionOf(ctx, token) }
    const since = token ? await gatekeeper.beginningOf(token) : (ctx.oidc.session?.loginTs ?? 0)
    const answer = await gatekeeper.answer(party, since)
    if (answer.allowed) return accountFor(needs, ctx.oidc, answer)
    const subject = `person:${personId}`
    const row = { ...noteOf(ctx), event: 'gate.refused', result: 'refused', reason: answer.reason, subject } as const
    needs.audit.note(row, kindOf(row))
    return undefined
  }
}

/** To whom something is said, and on the strength of what. */
interface Asker {
  readonly client?: Client | undefined
  /** It is read after the account, and before anything is said of it. */
  readonly grant?: Pick<Grant, 'resources'> | undefined
}

/** What may be said of somebody who has passed the gate. */
export function accountFor(
  { config: { schoolDomain }, clock }: Omit<Needs, 'audit'>,
  asker: Asker,
  { person, profile }: Admitted,
): Account | undefined {
  if (person === null || profile === null) return undefined
  return {
    accountId: person.id,
    identities: validIdentities(person, clock()),
    claims(use, scope, _single, rejected) {
      const { client, grant } = asker
      const known = claimsAbout({ person, profile, identityId: chosenIdentity(grant), schoolDomain }, clock())
      return client ? withIdTokenClaims(client, known, { use, scope, rejected }) : known
    },
  }
}

function sessionOf(ctx: KoaContextWithOIDC, token: Token): string | null {
  const uid = token && 'sessionUid' in token ? token.sessionUid : ctx.oidc.session?.uid
  return typeof uid === 'string' ? uid : null
}
