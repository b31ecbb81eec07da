/** The ports that only the provider asks, in memory. */
import type {
  ClientMetadata,
  ClientRecord,
  ClientStore,
  ResourceServerMetadata,
  ResourceServerRecord,
  ResourceServerStore,
} from '../../src/clients/clients.ts'
import { hashSecret } from '../../src/clients/clients.ts'
import type { Consent, ConsentStore } from '../../src/consents/consents.ts'
import { ALL, type NotBeforeKind, type NotBeforeStore } from '../../src/gate/gate.ts'
import type { LogoutDeliveryStore, UntoldEnd } from '../../src/logout-deliveries/logout-deliveries.ts'
import type { PeopleStore, PersonId, Profile } from '../../src/people/people.ts'
import {
  type RegistrationToken,
  type RegistrationTokenStore,
  stateOfToken,
} from '../../src/registration/registration.ts'
import type { SubjectStore } from '../../src/subjects/subjects.ts'
import { memoryLogoutDeliveries } from './memory-logout-deliveries.ts'
import { sampleProfile } from './sample-profile.ts'

export function memoryClients(start: readonly ClientRecord[] = []): ClientStore {
  const records = new Map(start.map((record) => [record.id, record]))
  return {
    find: async (id) => records.get(id) ?? null,
    list: async () => [...records.values()],
    async put({ registration, ...client }) {
      const standing = records.get(client.id)?.registration
      const kept = registration && { ...registration, ...(standing && { accessHash: standing.accessHash }) }
      records.set(client.id, { ...client, ...(kept && { registration: kept }), disabledAt: null })
    },
    async disable(id, at) {
      const record = records.get(id)
      if (!record || record.disabledAt !== null) return false
      record.disabledAt = at
      return true
    },
    async findByRegistrationAccess(hash) {
      const enabled = [...records.values()].filter(({ disabledAt }) => disabledAt === null)
      return enabled.find(({ registration }) => registration?.accessHash === hash) ?? null
    },
    async setRegistrationAccess(id, accessHash) {
      const record = records.get(id)
      if (record?.registration) record.registration = { ...record.registration, accessHash }
    },
  }
}

export function memoryRegistrationTokens(): RegistrationTokenStore {
  const tokens = new Map<string, RegistrationToken & { hash: string }>()
  return {
    findByHash: async (hash) => [...tokens.values()].find((token) => token.hash === hash) ?? null,
    list: async () => [...tokens.values()].map(({ hash: _, ...token }) => token).toReversed(),
    add: async (token, hash) => void tokens.set(token.id, { ...token, hash }),
    async revoke(id, at) {
      const token = tokens.get(id)
      if (!token || token.revokedAt !== null) return false
      token.revokedAt = at
      return true
    },
    async use(id, at) {
      const token = tokens.get(id)
      if (!token || stateOfToken(token, at) !== 'valid') return false
      token.clientsCount += 1
      return true
    },
  }
}

export function memoryResourceServers(start: readonly ResourceServerRecord[] = []): ResourceServerStore {
  const records = new Map(start.map((record) => [record.id, record]))
  return {
    find: async (id) => records.get(id) ?? null,
    list: async () => [...records.values()],
    put: async (server) => void records.set(server.id, { ...server, disabledAt: null }),
    async disable(id, at) {
      const record = records.get(id)
      if (record) record.disabledAt = at
    },
  }
}

export function memoryConsents(): ConsentStore {
  const consents = new Map<string, Consent>()
  return {
    find: async (personId, clientId) => consents.get(`${personId} ${clientId}`) ?? null,
    async allow(personId, clientId, { scopes, claims }) {
      const before = consents.get(`${personId} ${clientId}`)
      consents.set(`${personId} ${clientId}`, {
        scopes: [...new Set([...(before?.scopes ?? []), ...scopes])],
        claims: [...new Set([...(before?.claims ?? []), ...claims])],
        grantedAt: new Date(),
      })
    },
    withdraw: async (personId, clientId) => void consents.delete(`${personId} ${clientId}`),
    async withdrawAll(clientId) {
      for (const key of [...consents.keys()]) if (key.endsWith(` ${clientId}`)) consents.delete(key)
    },
  }
}

export function memorySubjects(): SubjectStore {
  const subjects = new Map<string, string>()
  return {
    async findOrCreate(personId, sector, fresh) {
      const subject = subjects.get(`${personId} ${sector}`) ?? fresh
      subjects.set(`${personId} ${sector}`, subject)
      return subject
    },
  }
}

/** Knows what stands for a person, a client, a session and everything, as the one query does. */
export function memoryGate(
  people: PeopleStore,
  clients: ClientStore,
  profiles: ReadonlyMap<PersonId, Profile> = new Map(),
  deliveries: Pick<LogoutDeliveryStore, 'add'> = memoryLogoutDeliveries(clients).store,
): NotBeforeStore {
  const moments = new Map<string, Date>()
  const untold = new Map<string, UntoldEnd>()
  const momentOf = (kind: NotBeforeKind, id: string | null) => (id === null ? undefined : moments.get(`${kind} ${id}`))
  return {
    async standing({ personId, clientId, sessionUid }) {
      const person = personId === null ? null : await people.find(personId)
      const client = clientId === null ? null : await clients.find(clientId)
      const set = [
        momentOf('person', personId),
        momentOf('client', clientId),
        momentOf('session', sessionUid),
        momentOf('everything', ALL),
      ]
      const latest = set.filter((at) => at !== undefined).toSorted((a, b) => b.getTime() - a.getTime())
      return {
        person,
        profile: person && (profiles.get(person.id) ?? sampleProfile(person)),
        clientEnabled: client !== null && client.disabledAt === null,
        notBefore: latest[0] ?? null,
      }
    },
    async set(kind, id, { at, tell }) {
      if (tell) await deliveries.add(tell, at)
      const before = moments.get(`${kind} ${id}`)
      if (before && before >= at) return
      moments.set(`${kind} ${id}`, at)
      if ((kind === 'person' || kind === 'session') && !tell) untold.set(`${kind} ${id}`, { kind, id, at })
    },
    untold: async (limit) => [...untold.values()].slice(0, limit),
    async told({ kind, id, at }) {
      if (untold.get(`${kind} ${id}`)?.at.getTime() === at.getTime()) untold.delete(`${kind} ${id}`)
    },
  }
}

export const SAMPLE_SECRET = 'mK3vX9qLz7RtWb2NcY8uHs5FgJ4dPa6E'

export function sampleClient(id: string, changes: Partial<ClientMetadata> = {}): ClientRecord {
  const metadata: ClientMetadata = {
    client_name: id,
    client_name_i18n: { en: `${id} in English` },
    redirect_uris: [`https://${id}.school.example/callback`],
    post_logout_redirect_uris: [`https://${id}.school.example/`],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_basic',
    scope: 'openid profile campus_basic campus_org offline_access',
    resources: [],
    claims: null,
    claim_names: {},
    claims_in_id_token: false,
    choose_identity: false,
    id_token_signed_response_alg: 'ES256',
    subject_type: 'pairwise',
    application_type: 'web',
    first_party: true,
    pkce_exempt: null,
    backchannel_logout_uri: null,
    backchannel_logout_session_required: false,
    dpop_bound_access_tokens: false,
    require_pushed_authorization_requests: false,
    require_signed_request_object: false,
    initiate_login_uri: null,
    client_uri: null,
    logo_uri: null,
    policy_uri: null,
    tos_uri: null,
    jwks_uri: null,
    jwks: null,
    ...changes,
  }
  const secretHashes = metadata.token_endpoint_auth_method.startsWith('client_secret_')
    ? [hashSecret(SAMPLE_SECRET)]
    : []
  return { id, managedBy: 'file', metadata, secretHashes, disabledAt: null }
}

/** A client that signs nobody in, and calls these resource servers. */
export function sampleService(
  id: string,
  resources: ClientMetadata['resources'],
  changes: Partial<ClientMetadata> = {},
): ClientRecord {
  return sampleClient(id, {
    redirect_uris: [],
    post_logout_redirect_uris: [],
    grant_types: ['client_credentials'],
    response_types: [],
    scope: '',
    first_party: false,
    resources,
    ...changes,
  })
}

/** Opaque tokens, about which the client of the same name asks; without one, JWTs. */
export function sampleResourceServer(
  id: string,
  introspectionClient: string | null,
  changes: Partial<ResourceServerMetadata> = {},
): ResourceServerRecord {
  const metadata: ResourceServerMetadata = {
    name: '成绩接口',
    scopes: ['grades:read', 'grades:write'],
    access_token_format: introspectionClient === null ? 'jwt' : 'opaque',
    access_token_seconds: 600,
    signing_alg: 'ES256',
    introspection_client: introspectionClient,
    ...changes,
  }
  return { id, managedBy: 'file', metadata, disabledAt: null }
}
