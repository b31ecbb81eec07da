/** What may have happened between the issue of a token and the question about it. */
import { hashSecret } from '../../src/clients/clients.ts'
import { ALL, type NotBeforeKind } from '../../src/gate/gate.ts'
import { SAMPLE_SECRET, sampleClient, sampleResourceServer, sampleService } from './memory-desk.ts'
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

type Change = (record: Record<string, unknown>) => void
type Edited = [name: string, record: string, change: Change, remains: Situation['remains']]

const TOKENS = ['access-token', 'client-credentials']

function edited([name, record, change, remains]: Edited): Situation {
  const records = record === 'tokens' ? TOKENS : [record]
  return {
    name,
    remains,
    change: ({ world }) => {
      for (const one of records) world.store.edit(`oidc:${one}:`, change)
    },
  }
}

/** Adds or replaces these. */
const put =
  (fields: object): Change =>
  (record) =>
    void Object.assign(record, fields)

const chosen =
  (identity: string): Change =>
  (record) =>
    void Object.assign(record, { resources: { ...Object(record['resources']), 'urn:campus-id:identity': identity } })

const inGrant = (fields: object): Change => put({ openid: { scope: 'openid profile', claims: [], ...fields } })

const EDITED: Edited[] = [
  ['tokens that have expired', 'tokens', (record) => put({ exp: now() - 60 })(record), none],
  ['tokens that expired a moment ago', 'tokens', (record) => put({ exp: now() - 3 })(record), none],
  ['tokens without an end', 'tokens', put({ exp: undefined }), none],
  ['tokens of another kind', 'tokens', put({ kind: 'RefreshToken' }), none],
  ['tokens that hold to a key', 'tokens', put({ jkt: 'x' }), none],
  ['tokens that hold to a certificate', 'tokens', put({ 'x5t#S256': 'x' }), none],
  ['tokens that are not valid yet', 'tokens', (record) => put({ nbf: now() + 600 })(record), none],
  ['tokens with claims of their own', 'tokens', put({ extra: { tenant: 'x' } }), none],
  ['tokens with authorization details', 'tokens', put({ rar: [{ type: 'x' }] }), none],
  ['tokens of an older format', 'tokens', put({ format: 'jwt' }), none],
  ['tokens for several', 'tokens', put({ aud: [GRADES, ROOMS] }), none],
  ['tokens for another resource server', 'tokens', put({ aud: ROOMS }), none],
  ['tokens without a scope', 'tokens', put({ scope: undefined }), introspection],
  ['tokens without openid', 'tokens', put({ scope: 'profile grades:read' }), introspection],
  ['tokens with a scope twice', 'tokens', put({ scope: 'openid grades:read grades:read openid' }), all],
  ['tokens of another client', 'tokens', put({ clientId: 'rooms-api' }), none],
  ['tokens of nobody', 'access-token', put({ accountId: undefined }), clientsOwn],
  ['tokens of somebody else', 'access-token', put({ accountId: 'mei' }), clientsOwn],
  ['tokens of another grant', 'access-token', put({ grantId: 'x' }), clientsOwn],
  ['tokens without a grant', 'access-token', put({ grantId: undefined }), clientsOwn],
  ['tokens of another session', 'access-token', put({ sessionUid: 'x' }), outlivingSession],
  ['tokens that ask for nothing by name', 'access-token', put({ claims: { id_token: { acr: null } } }), all],
  ['tokens that ask for claims by name', 'access-token', put({ claims: { userinfo: { name: null } } }), clientsOwn],
  ['grants that have expired', 'grant', (record) => put({ exp: now() - 1 })(record), clientsOwn],
  [
    'grants of another client',
    'grant',
    put({ clientId: 'canteen' }),
    (what) => what.endsWith('thirdParty') || clientsOwn(what),
  ],
  ['grants of somebody else', 'grant', put({ accountId: 'mei' }), clientsOwn],
  ['grants without scopes', 'grant', put({ openid: { claims: ['name'] } }), clientsOwn],
  ['grants with a chosen identity', 'grant', chosen('lan-1'), all],
  ['grants with a chosen identity that has ended', 'grant', chosen('lan-2'), all],
  ['grants with resources of no form', 'grant', put({ resources: { [GRADES]: null } }), clientsOwn],
  ['grants with other scopes', 'grant', inGrant({ scope: 'campus_org openid campus_basic x campus_org' }), all],
  ['grants with other refused claims', 'grant', put({ rejected: { openid: { claims: ['name', 'sub'] } } }), all],
  ['grants with refused scopes', 'grant', put({ rejected: { openid: { scope: 'profile' } } }), clientsOwn],
  ['grants with refused resources', 'grant', put({ rejected: { resources: { [GRADES]: 'grades:read' } } }), clientsOwn],
  ['grants with a refusal of no form', 'grant', put({ rejected: 'x' }), clientsOwn],
  ['grants with authorization details', 'grant', put({ rar: [{ type: 'x' }] }), clientsOwn],
  ['sessions of somebody else', 'session', put({ accountId: 'mei' }), outlivingSession],
  ['sessions that have expired', 'session', (record) => put({ exp: now() - 60 })(record), outlivingSession],
  ['sessions that have forgotten', 'session', put({ authorizations: {} }), outlivingSession],
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
    for (const [key, raw] of ways.world.store.standing()) {
      if (key.startsWith('oidc:session:')) await moment('session', JSON.parse(raw).uid, none).change(ways)
    }
  },
}

const gone = (name: string, record: string, remains: Situation['remains']): Situation => ({
  name,
  remains,
  async change({ world }) {
    for (const key of world.store.standing().keys()) {
      if (key.startsWith(`oidc:${record}:`)) await world.needs.expiring.remove(key)
    }
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
  gone('the session has ended', 'session', outlivingSession),
  gone('the grants are gone', 'grant', clientsOwn),
  gone('the tokens were revoked', 'access-token', clientsOwn),
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
