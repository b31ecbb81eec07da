/** Applications that a person can open from a page of ours, because they say where a sign-in begins. */
import type { Campus } from '../campus.ts'

export interface Application {
  id: string
  name: string
  nameIn: Record<string, string>
  href: string
}

/**
 * In the order of their identifiers. Whoever holds an initial access token may call a client of theirs what they like:
 * none that registered itself stands among those of the school, in front of everybody.
 */
export async function applicationsToOpen({ clients }: Pick<Campus, 'clients'>, issuer: string): Promise<Application[]> {
  const records = await clients.list()
  return records.flatMap(({ id, managedBy, metadata, disabledAt }) => {
    const { initiate_login_uri: uri, client_name: name, client_name_i18n: nameIn } = metadata
    if (uri === null || disabledAt !== null || managedBy === 'dynamic') return []
    return [{ id, name, nameIn, href: initiationAddress(uri, issuer) }]
  })
}

/**
 * OpenID Connect Core §4: to whom the relying party is to send the person. No `login_hint`: who it is, the session
 * says, and an address that names people would stand in the logs of others.
 */
export function initiationAddress(uri: string, issuer: string): string {
  const url = new URL(uri)
  url.searchParams.set('iss', issuer)
  return url.href
}
