import { describe, expect, test } from '@jest/globals'
import { describeProblem } from './problem.ts'
import { readClientsFile } from './read-clients-file.ts'

const SECRET = 'q7Hs0fLkz2Vd81mXbT4yWc9NpRjEaGuI'
const GRADES = 'https://api.example.edu.cn/grades'
const ROOMS = 'https://api.example.edu.cn/rooms'

const grades = {
  identifier: GRADES,
  name: '成绩接口',
  scopes: ['grades:read', 'grades:write'],
  access_token_format: 'jwt',
}
const rooms = { identifier: ROOMS, name: '教室接口', scopes: ['rooms:read'], introspection_client: 'rooms-api' }
const sync = {
  client_id: 'grades-sync',
  client_name: '成绩同步',
  client_secrets: [{ env: 'SYNC' }],
  grant_types: ['client_credentials'],
  resources: [{ identifier: GRADES, scopes: ['grades:read'] }],
}
const asker = {
  client_id: 'rooms-api',
  client_name: '教室接口',
  client_secrets: [{ env: 'ROOMS' }],
  grant_types: [],
}
const portal = {
  client_id: 'portal',
  client_name: '门户',
  redirect_uris: ['https://portal.example.edu.cn/callback'],
  client_secrets: [{ env: 'PORTAL' }],
  first_party: true,
}
const app = { ...portal, client_secrets: [], token_endpoint_auth_method: 'none' }

const read = (clients: unknown[], resource_servers: unknown[]) =>
  readClientsFile({ clients, resource_servers }, async () => SECRET)

async function problemsOf(clients: unknown[], servers: unknown[]) {
  const reading = await read(clients, servers)
  return reading.ok ? [] : reading.problems
}

const withFirst = (changes: object, ...servers: object[]) => [{ ...grades, ...changes }, rooms, ...servers]

describe('a good file', () => {
  test('declares resource servers, and services that sign nobody in', async () => {
    const reading = await read([sync, asker], [grades, rooms])
    expect(reading).toMatchObject({
      ok: true,
      clients: [
        {
          id: 'grades-sync',
          metadata: { grant_types: ['client_credentials'], response_types: [], redirect_uris: [], scope: '' },
        },
        { id: 'rooms-api' },
      ],
    })
    expect(reading.ok && reading.resourceServers).toEqual([
      {
        id: GRADES,
        metadata: {
          ...{ name: '成绩接口', scopes: ['grades:read', 'grades:write'], access_token_format: 'jwt' },
          ...{ access_token_seconds: 600, signing_alg: 'ES256', introspection_client: null },
        },
      },
      {
        id: ROOMS,
        metadata: {
          ...{ name: '教室接口', scopes: ['rooms:read'], access_token_format: 'opaque' },
          ...{ access_token_seconds: 600, signing_alg: 'ES256', introspection_client: 'rooms-api' },
        },
      },
    ])
  })

  test('may let a first-party client call on behalf of people, and on its own account as well', async () => {
    const grant_types = ['authorization_code', 'client_credentials']
    const calling = { ...portal, resources: sync.resources }
    expect(await problemsOf([calling], [grades])).toEqual([])
    expect(await problemsOf([{ ...calling, first_party: false, grant_types }], [grades])).toEqual([])
  })
})

describe('of a resource server', () => {
  test.each([
    ['an address over http', withFirst({ identifier: 'http://api.example.edu.cn' }), 'identifier'],
    ['an address with a fragment', withFirst({ identifier: `${GRADES}#a` }), 'identifier'],
    ['an address in another spelling', withFirst({ identifier: 'https://API.example.edu.cn/' }), 'identifier'],
    ['no address', withFirst({ identifier: 'grades' }), 'identifier'],
    ['no scope', withFirst({ scopes: [] }), 'scopes'],
    ['a scope twice', withFirst({ scopes: ['a', 'a'] }), 'scopes/1'],
    ['a scope that is about a person', withFirst({ scopes: ['profile'] }), 'scopes/0'],
    ['a scope of two words', withFirst({ scopes: ['grades read'] }), 'scopes/0'],
    ['tokens for ever', withFirst({ access_token_seconds: 86_400 }), 'access_token_seconds'],
    ['an algorithm that we have no key for', withFirst({ signing_alg: 'PS256' }), 'signing_alg'],
    ['opaque tokens that nobody may ask about', withFirst({ access_token_format: 'opaque' }), 'introspection_client'],
    [
      'an algorithm for what is not signed',
      withFirst({ access_token_format: 'opaque', introspection_client: 'rooms-api', signing_alg: 'ES256' }),
      'signing_alg',
    ],
    ['JWTs that somebody asks about', withFirst({ introspection_client: 'rooms-api' }), 'introspection_client'],
    [
      'an asker that the file does not have',
      withFirst({ access_token_format: 'opaque', introspection_client: 'nobody' }),
      'introspection_client',
    ],
    [
      'an asker that keeps no secret',
      withFirst({ access_token_format: 'opaque', introspection_client: 'portal' }),
      'introspection_client',
    ],
  ])('%s is a mistake', async (_what, servers, field) => {
    const problems = await problemsOf([asker, app], servers)
    expect(problems.map(({ path }) => path)).toContain(`/resource_servers/0/${field}`)
    for (const { allowed } of problems) expect(allowed).not.toBe('')
  })

  test('the identifier stands once in the file, and a wrong field is answered with the right one', async () => {
    expect(await problemsOf([asker], [grades, grades])).toMatchObject([
      { path: '/resource_servers/1/identifier', allowed: expect.stringContaining('/resource_servers/0') },
    ])
    const { name: _, ...nameless } = grades
    const problems = await problemsOf([asker], [{ ...nameless, scope: 'grades:read' }, 'rooms'])
    expect(problems.map(describeProblem)).toEqual([
      expect.stringContaining('/resource_servers/0/name: required: The name that people read'),
      '/resource_servers/0/scope: not a field; did you mean "scopes"?',
      '/resource_servers/1: an object that describes one resource server',
    ])
  })
})

describe('of a client that calls resource servers', () => {
  test.each([
    ['none that it may call', { ...sync, resources: [] }, 'resources'],
    [
      'one that the file does not have',
      { ...sync, resources: [{ identifier: ROOMS, scopes: ['a'] }] },
      'resources/0/identifier',
    ],
    ['one twice', { ...sync, resources: [...sync.resources, ...sync.resources] }, 'resources/1/identifier'],
    [
      'a scope that is not offered there',
      { ...sync, resources: [{ identifier: GRADES, scopes: ['grades:read', 'rooms:read'] }] },
      'resources/0/scopes/1',
    ],
    ['no scope at all', { ...sync, resources: [{ identifier: GRADES, scopes: [] }] }, 'resources/0/scopes'],
    ['no secret to keep', { ...sync, client_secrets: [], token_endpoint_auth_method: 'none' }, 'grant_types'],
    ['an address to send people to', { ...sync, redirect_uris: ['https://a.example'] }, 'redirect_uris'],
    ['claims about people', { ...sync, scope: 'openid' }, 'scope'],
    ['refreshing', { ...sync, grant_types: ['client_credentials', 'refresh_token'] }, 'grant_types'],
    ['a grant type twice', { ...sync, grant_types: ['client_credentials', 'client_credentials'] }, 'grant_types'],
    ['people who were never asked', { ...portal, first_party: false, resources: sync.resources }, 'resources'],
  ])('%s is a mistake', async (_what, client, field) => {
    expect((await problemsOf([client], [grades])).map(({ path }) => path)).toContain(`/clients/0/${field}`)
  })

  test('a redirect address is still required of everybody else', async () => {
    const { redirect_uris: _, ...without } = portal
    expect((await problemsOf([without], [])).map(describeProblem)).toEqual([
      expect.stringContaining('/clients/0/redirect_uris: required: 1 to 50 exact addresses'),
    ])
  })
})
