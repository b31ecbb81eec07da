/**
 * Under which of their identities a client knows a person who has several. What they chose stands in the grant, in the
 * form of a resource that no client can ask for: whoever reads a token reads its grant too, so that every token speaks
 * of one identity as long as it lives, and the session remembers the choice for that client.
 */
import type { Account, Grant, KoaContextWithOIDC } from 'oidc-provider'
import type { Identity } from '../people/people.ts'
import { traitsOf } from './client-records.ts'

export const SELECT_IDENTITY = 'select_identity'

const RESOURCE = 'urn:campus-id:identity'

/** What belongs into the grant of somebody who chose. */
export function asResource(identityId: string): { identifier: string; scopes: string[] } {
  return { identifier: RESOURCE, scopes: [identityId] }
}

/** null where nothing was chosen. */
export function chosenIdentity(grant: Pick<Grant, 'resources'> | undefined): string | null {
  return grant?.resources?.[RESOURCE] ?? null
}

/** What find-account.ts leaves with the account: identities that are valid now. */
const identitiesOf = ({ identities }: Account): Identity[] => (isList(identities) ? identities : [])

function isList(identities: unknown): identities is Identity[] {
  return Array.isArray(identities)
}

/** What was chosen now goes before what was chosen earlier in the session; nothing that has ended counts. */
export function standingChoice({ oidc }: KoaContextWithOIDC, standing: Grant | undefined): string | null {
  const answer = oidc.result?.[SELECT_IDENTITY]
  const isAnswer = typeof answer === 'object' && answer !== null && 'identity' in answer
  const chosen = isAnswer ? answer.identity : chosenIdentity(standing)
  const valid = oidc.account ? identitiesOf(oidc.account) : []
  return valid.find(({ id }) => id === chosen)?.id ?? null
}

/** Whether the person must be asked: there is something to choose, and the client's rule or its request wants it. */
export function isChoiceDue({ oidc }: KoaContextWithOIDC, chosen: string | null): boolean {
  const { client, account } = oidc
  if (!client || !account || identitiesOf(account).length < 2) return false
  return oidc.promptPending(SELECT_IDENTITY) || (traitsOf(client)['campus:choose_identity'] && chosen === null)
}
