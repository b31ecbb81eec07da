/** What may have happened between the issue of a token and the question about it. */
import { hashSecret } from '../../src/clients/clients.ts'
import { ALL, type NotBeforeKind } from '../../src/gate/gate.ts'
import type { Payload } from '../../src/oidc/short-payloads.ts'
import { SAMPLE_SECRET, sampleClient, sampleResourceServer, sampleService } from './memory-desk.ts'
import {
  documentsIn,
  editAccessTokens,
  editDocuments,
  editGrants,
  editSessions,
  isAccessToken,
  isSession,
} from './session-documents.ts'
import { GRADES, ROOMS, type TwoWays } from './two-ways.ts'

export interface Situation {
  name: string
  change(ways: TwoWays): Promise<void> | void
  /** Which of the plain questions are still answered directly. */
  remains(what: string): boolean
}

const all = () => true
const none = () => false
const clientsOwn = (what: string) => what.includes('clients')
const persons = (what: string) => !clientsOwn(what)
const outlivingSession = (what: string) => what.endsWith('lasting') || clientsOwn(what)
const userinfo = (what: string) => what.startsWith('userinfo')
const introspection = (what: string) => !userinfo(what)

const now = () => Math.floor(Date.now() / 1_000)

type Fields = (record: Payload) => object
type Edited = [name: string, which: 'tokens' | 'persons' | 'grants' | 'sessions', Fields, Situation['remains']]

/** What is put into every record of a kind: as if it had been issued so, or were damaged. */
const EDITORS: Readonly<Record<Edited[1], (ways: TwoWays, fields: Fields) => void>> = {
  tokens(ways, fields) {
    EDITORS.persons(ways, fields)
    ways.world.store.edit('oidc:client-credentials:', (record) => void Object.assign(record, fields(record)))
  },
  persons: ({ world }, fields) => editAccessTokens(world.store, fields),
  grants: ({ world }, fields) => editGrants(world.store, fields),
  sessions: ({ world }, fields) => editSessions(world.store, fields),
}

function edited([name, which, fields, remains]: Edited): Situation {
  return { name, remains, change: (ways) => EDITORS[which](ways, fields) }
}

const put = (fields: object) => () => fields

const chosen = (identity: string) => (grant: Payload) => ({
  resources: { ...Object(grant['resources']), 'urn:campus-id:identity': identity },
})

const EDITED: Edited[] = [
  ['tokens that have expired', 'tokens', () => ({ exp: now() - 60 }), none],
  ['tokens that expired a moment ago', 'tokens', () => ({ exp: now() - 3 }), none],
  ['tokens without an end', 'tokens', put({ exp: undefined }), none],
  ['tokens of another kind', 'tokens', put({ kind: 'RefreshToken' }), none],
  ['tokens that hold to a key', 'tokens', put({ jkt: 'x' }), none],
  ['tokens that hold to a certificate', 'tokens', put({ 'x5t#S256': 'x' }), none],
  ['tokens that are not valid yet', 'tokens', () => ({ nbf: now() + 600 }), none],
  ['tokens with claims of their own', 'tokens', put({ extra: { tenant: 'x' } }), none],
  ['tokens with authorization details', 'tokens', put({ rar: [{ type: 'x' }] }), none],
  ['tokens of an older format', 'tokens', put({ format: 'jwt' }), none],
  ['tokens for several', 'tokens', put({ aud: [GRADES, ROOMS] }), none],
  ['tokens for another resource server', 'tokens', put({ aud: ROOMS }), none],
  ['tokens without a scope', 'tokens', put({ scope: undefined }), introspection],
  ['tokens without openid', 'tokens', put({ scope: 'profile grades:read' }), introspection],
  ['tokens with a scope twice', 'tokens', put({ scope: 'openid grades:read grades:read openid' }), all],
  ['tokens of another client', 'tokens', put({ clientId: 'rooms-api' }), none],
  ['tokens of nobody', 'persons', put({ accountId: undefined }), clientsOwn],
  ['tokens of somebody else', 'persons', put({ accountId: 'mei' }), clientsOwn],
  ['tokens of another grant', 'persons', put({ grantId: 'x' }), clientsOwn],
  ['tokens without a grant', 'persons', put({ grantId: undefined }), clientsOwn],
  ['tokens that ask for nothing by name', 'persons', put({ claims: { id_token: { acr: null } } }), all],
  ['tokens that ask for claims by name', 'persons', put({ claims: { userinfo: { name: null } } }), clientsOwn],
  ['grants that have expired', 'grants', () => ({ exp: now() - 1 }), clientsOwn],
  // A token is whose its grant is.
  [
    'grants of another client',
    'grants',
    put({ clientId: 'canteen' }),
    (what) => outlivingSession(what) || what.endsWith('thirdParty'),
  ],
  ['grants of somebody else', 'grants', put({ accountId: 'mei' }), outlivingSession],
  ['grants without scopes', 'grants', put({ openid: { claims: ['name'] } }), clientsOwn],
  ['grants with a chosen identity', 'grants', chosen('lan-1'), all],
  ['grants with a chosen identity that has ended', 'grants', chosen('lan-2'), all],
  ['grants with resources of no form', 'grants', put({ resources: { [GRADES]: null } }), clientsOwn],
  [
    'grants with other scopes',
    'grants',
    put({ openid: { scope: 'campus_org openid campus_basic x campus_org' } }),
    all,
  ],
  ['grants with other refused claims', 'grants', put({ rejected: { openid: { claims: ['name', 'sub'] } } }), all],
  ['grants with refused scopes', 'grants', put({ rejected: { openid: { scope: 'profile' } } }), clientsOwn],
  [
    'grants with refused resources',
    'grants',
    put({ rejected: { resources: { [GRADES]: 'grades:read' } } }),
    clientsOwn,
  ],
  ['grants with a refusal of no form', 'grants', put({ rejected: 'x' }), clientsOwn],
  ['grants with authorization details', 'grants', put({ rar: [{ type: 'x' }] }), clientsOwn],
  ['sessions of somebody else', 'sessions', put({ accountId: 'mei' }), outlivingSession],
  ['sessions that have expired', 'sessions', () => ({ exp: now() - 60 }), outlivingSession],
  ['sessions that have forgotten', 'sessions', put({ authorizations: {} }), outlivingSession],
]

const moment = (kind: NotBeforeKind, id: string, remains: Situation['remains']): Situation => ({
  name: `a moment was set for ${kind} ${id}`,
  remains,
  change: ({ world }) =>
    world.needs.notBefore.set(kind, id, { at: new Date(Date.now() + 5_000), reason: 'leak', expiresAt: null }),
})

const sessionsMoment: Situation = {
  name: 'a moment was set for the session',
  remains: clientsOwn,
  async change(ways) {
    for (const { session } of documentsIn(ways.world.store)) {
      await moment('session', session.uid ?? '', none).change(ways)
    }
  },
}

const gone = (name: string, which: (key: string) => boolean, remains: Situation['remains']): Situation => ({
  name,
  remains,
  async change({ world }) {
    for (const key of world.store.standing().keys()) if (which(key)) await world.needs.expiring.remove(key)
  },
})

const HAPPENED: Situation[] = [
  { name: 'nothing', change: () => undefined, remains: all },
  ...(['suspended', 'closed', 'pending'] as const).map((state) => ({
    name: `the person is ${state}`,
    remains: clientsOwn,
    change: ({ world }: TwoWays) => world.setState('lan', state),
  })),
  {
    name: 'the last identity has expired',
    remains: clientsOwn,
    async change({ world }) {
      const person = await world.needs.people.find('lan')
      for (const identity of person?.identities ?? []) identity.validTo = new Date(Date.now() - 1)
    },
  },
  gone('the session is gone', isSession, clientsOwn),
  gone('the tokens were revoked', isAccessToken, clientsOwn),
  {
    name: 'the grants are gone',
    remains: clientsOwn,
    change: ({ world }) => editDocuments(world.store, (document) => ({ ...document, grants: [] })),
  },
  ...(['library', 'canteen', 'app', 'timetable', 'grades-api'] as const).map((id) => ({
    name: `the client ${id} is disabled`,
    remains: (what: string) => !WHOSE[id].test(what),
    change: ({ world }: TwoWays) => world.needs.clients.disable(id, new Date()),
  })),
  {
    name: 'the secret of who asks is being changed',
    remains: all,
    change: ({ world }) => {
      const secretHashes = [hashSecret('another'), hashSecret(SAMPLE_SECRET)]
      return world.needs.clients.put({ ...sampleService('grades-api', [], { grant_types: [] }), secretHashes })
    },
  },
  {
    name: 'the secret of who asks was changed',
    remains: userinfo,
    change: ({ world }) => {
      const secretHashes = [hashSecret('another')]
      return world.needs.clients.put({ ...sampleService('grades-api', [], { grant_types: [] }), secretHashes })
    },
  },
  {
    name: 'who asks shows by a key who it is',
    remains: userinfo,
    change: ({ world }) => {
      const keys = { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://grades.school.example/jwks' }
      return world.needs.clients.put(sampleService('grades-api', [], { grant_types: [], ...keys }))
    },
  },
  {
    name: 'the holders lost the resource server',
    remains: userinfo,
    async change({ world }) {
      await world.needs.clients.put(sampleClient('library', { resources: [] }))
      await world.needs.clients.put(sampleService('timetable', []))
    },
  },
  {
    name: 'the holders may do less',
    remains: all,
    async change({ world }) {
      const less = [{ identifier: GRADES, scopes: ['grades:write'] }]
      await world.needs.clients.put(sampleClient('library', { resources: less }))
      await world.needs.clients.put(sampleService('timetable', [{ identifier: GRADES, scopes: [] }]))
    },
  },
  {
    name: 'the resource server is disabled',
    remains: userinfo,
    change: ({ world }) => world.needs.resourceServers.disable(GRADES, new Date()),
  },
  {
    name: 'another asks for the resource server',
    remains: userinfo,
    change: ({ world }) => world.needs.resourceServers.put(sampleResourceServer(GRADES, 'rooms-api')),
  },
  { name: 'the store of what expires is down', remains: none, change: ({ world }) => world.store.breakDown('before') },
  {
    name: 'the store of people is down',
    remains: none,
    change({ world }) {
      const gone = Object.assign(new Error('gone'), { unavailable: 'postgres', retryAfterSeconds: 7 })
      Object.assign(world.needs.notBefore, { standing: () => Promise.reject(gone) })
    },
  },
]

const WHOSE = {
  library: /bound|lasting|persons/,
  canteen: /thirdParty/,
  app: /public/,
  timetable: /clients/,
  'grades-api': /introspection/,
}

/** Which nothing can take back: each wants a world of its own. */
export const MOMENTS: Situation[] = [
  moment('person', 'lan', clientsOwn),
  moment('client', 'library', (what) => !/bound|lasting|persons/.test(what)),
  moment('client', 'timetable', persons),
  moment('everything', ALL, none),
  sessionsMoment,
]

/** After which everything can be put back. */
export const SITUATIONS: Situation[] = [...HAPPENED, ...EDITED.map(edited)]
