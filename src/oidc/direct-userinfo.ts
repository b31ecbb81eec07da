/** GET /me with an access token for userinfo, and nothing more to it (OpenID Connect Core §5.3). */
import type { Provider } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import type { AccessReader } from './access.ts'
import type { DirectAnswer } from './direct-answers.ts'
import { accountFor } from './find-account.ts'
import type { LibraryClients } from './known-clients.ts'

interface Parts {
  access: AccessReader
  clients: LibraryClients
}

const BEARER = 'Bearer '

export function createDirectUserinfo(
  needs: Pick<Campus, 'clock' | 'config'>,
  provider: Provider,
  { access, clients }: Parts,
): DirectAnswer {
  return async ({ req: { headers } }) => {
    const { authorization = '' } = headers
    // A GET has no body, and one that has is not plain.
    if (!authorization.startsWith(BEARER) || headers['content-length'] !== undefined) return null
    const found = await access.ofPerson(authorization.slice(BEARER.length))
    if (found === null || found.audience !== null || !found.scopes.includes('openid')) return null
    const client = await clients.find(found.clientId)
    // It gets its claims as a JWT.
    if (client === null || client.userinfoSignedResponseAlg || client.userinfoEncryptedResponseAlg) return null
    const { scopes, grantedScopes, withheldClaims, resources } = found
    const account = accountFor(needs, { client, grant: { resources } }, found.admitted)
    if (account === undefined) return null
    const scope = grantedScopes.filter((one) => scopes.includes(one)).join(' ')
    const known = await account.claims('userinfo', scope, {}, withheldClaims)
    // Which of them belong to the scope, and under which `sub`, the library's own class says, as for an ID token.
    const claims = new provider.Claims({ ...known, sub: account.accountId }, { client })
    claims.scope(scope).rejected(withheldClaims)
    return await claims.result()
  }
}
