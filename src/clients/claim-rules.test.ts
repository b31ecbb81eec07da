import { describe, expect, test } from '@jest/globals'
import { readClientsFile } from './read-clients-file.ts'
import { CLAIMS_OF_SCOPE, inItsTerms } from './scopes.ts'

const SECRET = 'mK3vX9qLz7RtWb2NcY8uHs5FgJ4dPa6E'

const client = {
  client_id: 'library',
  client_name: '图书馆',
  redirect_uris: ['https://library.school.example/callback'],
  scope: 'openid campus_basic campus_org',
  client_secrets: [{ env: 'SECRET' }],
}

async function read(changes: Record<string, unknown>) {
  const file = { clients: [{ ...client, ...changes }] }
  return await readClientsFile(file, async () => SECRET)
}

async function mistakes(changes: Record<string, unknown>) {
  const answer = await read(changes)
  return answer.ok ? [] : answer.problems.map(({ path }) => path.replace('/clients/0/', ''))
}

describe('a list of claims', () => {
  test('names claims of the scopes, each once', async () => {
    expect(await mistakes({ claims: ['campus_id', 'campus_org_path'] })).toEqual([])
    expect(await mistakes({ claims: [] })).toEqual([])
    expect(await mistakes({ claims: ['campus_id', 'email', 'campus_id', 'sub'] })).toEqual([
      'claims/1',
      'claims/2',
      'claims/3',
    ])
  })
})

describe('another name for a claim', () => {
  test.each([
    ['is fine', { campus_id: 'uid', name: 'cn' }],
    ['may be that of a claim which is renamed itself', { campus_id: 'name', name: 'cn' }],
    ['may be that of a claim which the client does not get', { campus_id: 'preferred_username' }],
  ])('%s', async (_what, names) => {
    expect(await mistakes({ claim_names: names })).toEqual([])
  })

  test.each([
    ['for a claim of the protocol', { sub: 'uid' }, 'sub'],
    ['for a claim that it does not get', { email: 'mail' }, 'email'],
    ['that the protocol has', { campus_id: 'sub' }, 'campus_id'],
    ['that tells how somebody signed in', { campus_id: 'acr' }, 'campus_id'],
    ['that another claim has', { campus_id: 'name' }, 'campus_id'],
    ['that is no name', { campus_id: 'u id' }, 'campus_id'],
    ['that begins with an underscore', { campus_id: '_claim_names' }, 'campus_id'],
    ['that is empty', { campus_id: '' }, 'campus_id'],
  ])('is a mistake %s', async (_what, names, at) => {
    expect(await mistakes({ claim_names: names })).toEqual([`claim_names/${at}`])
  })

  test('is given to one claim alone', async () => {
    expect(await mistakes({ claim_names: { campus_id: 'uid', name: 'uid' } })).toEqual([
      'claim_names/campus_id',
      'claim_names/name',
    ])
  })

  test('is for claims of the list, where there is one', async () => {
    expect(await mistakes({ claims: ['name'], claim_names: { campus_id: 'uid' } })).toEqual(['claim_names/campus_id'])
    expect(await mistakes({ claims: ['campus_id'], claim_names: { campus_id: 'name' } })).toEqual([])
  })
})

test('a client that signs nobody in has no terms about claims', async () => {
  const service = { grant_types: [], redirect_uris: undefined, scope: undefined }
  expect(await mistakes({ ...service, choose_identity: true, claim_names: { campus_id: 'uid' } })).toEqual([
    'choose_identity',
    'claim_names',
  ])
})

describe('a Shibboleth gateway', () => {
  const gateway = { client_id: 'carsi', preset: 'shibboleth-gateway', scope: undefined }

  test('needs its preset and no more', async () => {
    const { scope: _left, ...others } = { ...client, ...gateway }
    const answer = await readClientsFile({ clients: [others] }, async () => SECRET)
    expect(answer).toMatchObject({
      ok: true,
      clients: [
        {
          metadata: {
            scope: 'openid campus_basic eduperson',
            token_endpoint_auth_method: 'client_secret_post',
            claim_names: { campus_id: 'uid' },
            pkce_exempt: expect.stringMatching(/PKCE/),
          },
        },
      ],
    })
  })

  test('may say otherwise itself, and the whole is looked at', async () => {
    expect(await mistakes({ ...gateway, scope: 'openid campus_basic', claim_names: { name: 'cn' } })).toEqual([])
    expect(await mistakes({ ...gateway, scope: 'openid profile' })).toEqual(['claim_names/campus_id'])
    expect(await mistakes({ preset: 'another' })).toEqual(['preset'])
  })
})

describe('what a client reads', () => {
  const said = { sub: 's', iss: 'https://id', acr: 'a', campus_id: '1', name: '吴兰', exp: 1 }

  test('is under its names, and what the protocol says stays', () => {
    expect(inItsTerms({ claims: null, claim_names: { campus_id: 'uid' } }, said)).toEqual({
      ...{ sub: 's', iss: 'https://id', acr: 'a', uid: '1', name: '吴兰', exp: 1 },
    })
  })

  test('is not beyond its list', () => {
    expect(inItsTerms({ claims: [], claim_names: {} }, said)).toEqual({ sub: 's', iss: 'https://id', acr: 'a', exp: 1 })
  })

  test('has no claim of the protocol that a scope would rename', () => {
    expect(CLAIMS_OF_SCOPE.openid).toEqual(['sub', 'acr', 'amr', 'auth_time'])
  })
})
