/** What the provider does, in the metrics. The library calls listeners while it answers: none of these throws. */
import type { IdToken, KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import type { LabelsOf } from '../metrics/metrics.ts'

/** Sent by whoever is not one of ours, it could be any text. */
const UNKNOWN = 'unknown'

export function countProviderEvents(provider: Provider, { metrics }: Pick<Campus, 'metrics'>): void {
  provider.on('grant.success', ({ oidc }) => {
    const grantType = String(oidc.params?.['grant_type'] ?? UNKNOWN)
    metrics.count('campus_tokens_issued_total', { grant_type: grantType, client: clientOf(oidc) })
  })
  provider.on('grant.error', ({ oidc }, { error }) => {
    metrics.count('campus_tokens_refused_total', { reason: error, client: clientOf(oidc) })
  })

  const registered = (result: LabelsOf<'campus_registrations_total'>['result']) => () =>
    metrics.count('campus_registrations_total', { result })
  provider.on('registration_create.success', registered('created'))
  provider.on('registration_update.success', registered('changed'))
  provider.on('registration_delete.success', registered('removed'))
  provider.on('registration_create.error', registered('refused'))
  provider.on('registration_read.error', registered('refused'))
  provider.on('registration_update.error', registered('refused'))
  provider.on('registration_delete.error', registered('refused'))

  const count = (use: string) => metrics.count('campus_signatures_total', { use })
  const { issue } = provider.IdToken.prototype
  provider.IdToken.prototype.issue = async function counted(this: IdToken, given) {
    const token = await issue.call(this, given)
    count(given.use === 'idtoken' ? 'id_token' : given.use)
    return token
  }
  // Of a token in JWT format alone the library says that it was issued; of the others that they were saved.
  provider.on('access_token.issued', () => count('access_token'))
  provider.on('client_credentials.issued', () => count('access_token'))
}

function clientOf({ client }: KoaContextWithOIDC['oidc']): string {
  return client?.clientId ?? UNKNOWN
}
