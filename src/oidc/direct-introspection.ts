/** A resource server asks about an access token that was issued for it, and that is active (RFC 7662). */
import type { IncomingMessage } from 'node:http'
import type { Client } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import type { ClientDirectory } from '../clients/clients.ts'
import type { SubjectLookup } from '../subjects/subjects.ts'
import type { AccessReader } from './access.ts'
import { couldBe } from './access-tokens.ts'
import { peek, REQUEST_BYTES_MAX } from './arrivals.ts'
import type { DirectAnswer } from './direct-answers.ts'
import type { LibraryClients } from './known-clients.ts'
import { decodeField, type PresentedSecret, secretIn } from './presented-secret.ts'
import { registeredScopes, sectorOfResource } from './resource-indicators.ts'

type Needs = Pick<Campus, 'config'> & Pick<ClientDirectory, 'resourceServers'>

interface Parts {
  access: AccessReader
  clients: LibraryClients
  subjectOf: SubjectLookup
}

const FORM = 'application/x-www-form-urlencoded'

export function createDirectIntrospection(
  { config: { issuer }, resourceServers }: Needs,
  { access, clients, subjectOf }: Parts,
): DirectAnswer {
  /** Whose secret was presented; null where it is not theirs, or they show in another way who they are. */
  async function askerOf({ clientId, secret }: PresentedSecret): Promise<Client | null> {
    const client = await clients.find(clientId)
    if (client === null || client.clientSecretExpiresAt) return null
    if (!['client_secret_basic', 'client_secret_post'].includes(client.clientAuthMethod ?? '')) return null
    return (await client.compareClientSecret(secret)) ? client : null
  }

  return async ({ req }) => {
    const fields = await readFields(req)
    const presented = fields && secretIn(req.headers.authorization, fields)
    const asker = presented && (await askerOf(presented))
    const token = fields?.get('token')
    if (!asker || token === undefined) return null
    const found = await (couldBe('ClientCredentials', token) ? access.ofClient(token) : access.ofPerson(token))
    if (found === null || found.audience === null) return null
    const server = await resourceServers.find(found.audience)
    if (server === null || server.disabledAt !== null) return null
    if (server.metadata.introspection_client !== asker.clientId) return null
    const holder = await clients.find(found.clientId)
    const registered = holder && registeredScopes(holder, server.id)
    if (registered === null || holder?.subjectType !== 'pairwise') return null
    const { admitted, clientId, issuedAt, expiresAt, audience, scopes } = found
    const scope = scopes.filter((one) => registered.includes(one)).join(' ')
    return {
      active: true,
      ...(admitted && { sub: await subjectOf(admitted.person.id, sectorOfResource({ id: audience })) }),
      client_id: clientId,
      exp: expiresAt,
      iat: issuedAt,
      iss: issuer,
      aud: audience,
      ...(scope !== '' && { scope }),
      token_type: 'Bearer',
    }
  }
}

const NAMES = new Set(['token', 'token_type_hint', 'client_id', 'client_secret'])

/** Each once, and no others; null where the library might read anything else in them. */
async function readFields(req: IncomingMessage): Promise<ReadonlyMap<string, string> | null> {
  const { 'content-type': type, 'content-length': length = '' } = req.headers
  const bytes = Number(length)
  if (type !== FORM || !/^[1-9]\d{0,4}$/.test(length) || bytes > REQUEST_BYTES_MAX) return null
  const fields = new Map<string, string>()
  for (const pair of Buffer.from(await peek(req, bytes))
    .toString('latin1')
    .split('&')) {
    const at = pair.indexOf('=')
    const [name, value] = [pair.slice(0, at), decodeField(pair.slice(at + 1))]
    if (at < 0 || !NAMES.has(name) || fields.has(name) || value === null) return null
    fields.set(name, value)
  }
  // About a refresh token there is nothing to say here.
  const hint = fields.get('token_type_hint')
  return hint === undefined || hint === 'access_token' ? fields : null
}
