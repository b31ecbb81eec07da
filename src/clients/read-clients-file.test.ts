import { readFile } from 'node:fs/promises'
import { describe, expect, test } from '@jest/globals'
import { describeProblem } from './problem.ts'
import { readClientsFile } from './read-clients-file.ts'
import { clientsJsonSchema } from './schema.ts'
import { hashSecret, type ReadSecret } from './secrets.ts'

const SECRET = 'q7Hs0fLkz2Vd81mXbT4yWc9NpRjEaGuI'
const OTHER_SECRET = 'Zk3v9QhT1xY7mB5nC8rD2wE4uJ6pL0aS'
const readSecret: ReadSecret = async (reference) => {
  if ('file' in reference) return reference.file === 'portal.secret' ? SECRET : null
  if (reference.env === 'UNREADABLE') throw Object.assign(new Error('no'), { code: 'EACCES' })
  return { PORTAL: SECRET, PORTAL_NEXT: OTHER_SECRET, WEAK: 'hunter2' }[reference.env] ?? null
}

const portal = {
  client_id: 'portal',
  client_name: '门户',
  redirect_uris: ['https://portal.example.edu.cn/callback'],
  client_secrets: [{ env: 'PORTAL' }],
}
const app = {
  client_id: 'campus-app',
  client_name: '掌上校园',
  application_type: 'native',
  redirect_uris: ['cn.edu.example.app:/callback'],
  token_endpoint_auth_method: 'none',
}
const key = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }
const library = {
  client_id: 'library',
  client_name: '图书馆',
  redirect_uris: ['https://library.example.edu.cn/callback'],
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: { keys: [key] },
}

async function problemsOf(...clients: unknown[]) {
  const reading = await readClientsFile({ clients }, readSecret)
  return reading.ok ? [] : reading.problems
}
const pathsOf = async (...clients: unknown[]) => (await problemsOf(...clients)).map(({ path }) => path)

async function metadataOf(client: object) {
  const reading = await readClientsFile({ clients: [client] }, readSecret)
  if (!reading.ok) throw new Error(reading.problems.map(describeProblem).join('\n'))
  return reading.clients[0]?.metadata
}

describe('a good file', () => {
  test('gives clients with the safe choice for whatever it leaves out', async () => {
    expect(await readClientsFile(JSON.stringify({ clients: [portal] }), readSecret)).toEqual({
      ok: true,
      clients: [
        {
          id: 'portal',
          secretHashes: [hashSecret(SECRET)],
          metadata: {
            client_name: '门户',
            client_name_i18n: {},
            redirect_uris: ['https://portal.example.edu.cn/callback'],
            post_logout_redirect_uris: [],
            grant_types: ['authorization_code'],
            response_types: ['code'],
            token_endpoint_auth_method: 'client_secret_basic',
            scope: 'openid',
            resources: [],
            claims: null,
            claim_names: {},
            claims_in_id_token: false,
            choose_identity: false,
            id_token_signed_response_alg: 'ES256',
            subject_type: 'pairwise',
            application_type: 'web',
            first_party: false,
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
          },
        },
      ],
      resourceServers: [],
    })
  })

  test('may declare public, key-holding and empty lists of clients, and begin with a byte order mark', async () => {
    expect(await problemsOf(portal, app, library)).toEqual([])
    expect(await readClientsFile('\uFEFF{"clients": []}', readSecret)).toEqual({
      ...{ ok: true, clients: [], resourceServers: [] },
    })
  })

  test('keeps several secrets at once, so that one can be changed', async () => {
    const client_secrets = [{ env: 'PORTAL' }, { env: 'PORTAL_NEXT' }]
    const reading = await readClientsFile({ clients: [{ ...portal, client_secrets }] }, readSecret)
    expect(reading).toMatchObject({ clients: [{ secretHashes: [hashSecret(SECRET), hashSecret(OTHER_SECRET)] }] })
  })

  test('keeps names by language, and scopes in one order', async () => {
    const names = { 'client_name#en': 'Portal', 'client_name#zh-CN': '门户' }
    expect(await metadataOf({ ...portal, ...names })).toMatchObject({
      client_name_i18n: { 'zh-CN': '门户', en: 'Portal' },
    })
    expect(await metadataOf({ ...portal, scope: 'offline_access openid' })).toMatchObject({
      scope: 'openid offline_access',
      grant_types: ['authorization_code', 'refresh_token'],
    })
  })
})

describe('mistakes', () => {
  test('are all named at once, each with its place, what was found, and what is allowed', async () => {
    const problems = await problemsOf(
      portal,
      { ...portal, client_id: 'club', redirect_uris: ['http://club.example/cb', 7], scope: 'openid profil' },
      { ...portal, client_id: 'a', client_name: '', logo_uri: 'http://club.example/logo.png' },
    )
    expect(problems.map(({ path, found }) => [path, found])).toEqual([
      ['/clients/1/redirect_uris/0', '"http://club.example/cb"'],
      ['/clients/1/redirect_uris/1', '7'],
      ['/clients/1/scope', '"openid profil"'],
      ['/clients/2/client_id', '"a"'],
      ['/clients/2/client_name', '""'],
      ['/clients/2/logo_uri', '"http://club.example/logo.png"'],
    ])
    for (const { allowed } of problems) expect(allowed).not.toBe('')
    expect(problems.map(describeProblem)[0]).toBe(
      '/clients/1/redirect_uris/0: https; plain http only for http://127.0.0.1 and http://[::1] ' +
        '(found: "http://club.example/cb")',
    )
  })

  test('of spelling are answered with what was probably meant', async () => {
    const { redirect_uris: redirect_uri, ...rest } = portal
    const problems = await problemsOf({ ...rest, redirect_uri, firstParty: true, colour: 'red' })
    expect(problems.map(describeProblem)).toEqual([
      `/clients/0/colour: ${problems[0]?.allowed}`,
      '/clients/0/firstParty: not a field; did you mean "first_party"?',
      '/clients/0/redirect_uri: not a field; did you mean "redirect_uris"?',
      expect.stringContaining('/clients/0/redirect_uris: required: '),
    ])
    expect(problems[0]?.allowed).toContain('client_id, client_name')
    expect(await readClientsFile({ client: [] }, readSecret)).toMatchObject({
      problems: [{ path: '/client', allowed: expect.stringContaining('"clients"') }, { path: '/clients' }],
    })
  })

  test('of syntax are named by line and column', async () => {
    const reading = await readClientsFile('{\n  "clients": [,]\n}', readSecret)
    expect(reading).toMatchObject({ ok: false, problems: [{ path: '', at: { line: 2, column: 15 } }] })
    expect(reading.ok ? '' : reading.problems.map(describeProblem)[0]).toMatch(/^line 2, column 15: a JSON value/)
  })

  test.each(['[]', '"clients"', 'null', '{"clients": {}}', '{"clients": [null, []]}'])(
    'of shape are mistakes, not crashes: %s',
    async (text) => {
      expect(await readClientsFile(text, readSecret)).toMatchObject({ ok: false })
    },
  )

  test('of one client leave the others at their place', async () => {
    expect(await pathsOf('club', { ...portal, scope: 'x' })).toEqual(['/clients/0', '/clients/1/scope'])
  })
})

describe('a client_id', () => {
  test.each([
    ...['202600000001', '1234', '6f1c2c0a-2f0e-4c7e-9a57-0d5d3f1f2b11', '6F1C2C0A2F0E4C7E9A570D5D3F1F2B11'],
    ...['ab', 'a b c', 'a/b', '门户网站', 'a'.repeat(65)],
  ])('is not %s', async (client_id) => {
    expect(await pathsOf({ ...portal, client_id })).toEqual(['/clients/0/client_id'])
  })

  test('stands once in the file', async () => {
    expect(await problemsOf(portal, app, portal)).toMatchObject([
      { path: '/clients/2/client_id', allowed: expect.stringContaining('/clients/0') },
    ])
  })
})

describe('a name', () => {
  test.each([' 门户', '门户\n', 'Por\u202etal', 'x'.repeat(61), '\u200b'])('is not %j', async (client_name) => {
    expect(await pathsOf({ ...portal, client_name })).toEqual(['/clients/0/client_name'])
  })
})

describe('a secret', () => {
  test.each([
    ['in the file itself', { client_secret: SECRET }, '/clients/0/client_secret'],
    ['in place of a reference', { client_secrets: [SECRET] }, '/clients/0/client_secrets/0'],
    ['within a reference', { client_secrets: [{ value: SECRET }] }, '/clients/0/client_secrets/0'],
  ])('%s is a mistake, and is not repeated', async (_where, fields, path) => {
    const problems = await problemsOf({ ...portal, ...fields })
    expect(problems.map((problem) => problem.path)).toContain(path)
    expect(JSON.stringify(problems)).not.toContain(SECRET)
  })

  test.each([
    ['is not there', { env: 'MISSING' }, 'MISSING: this variable must be set'],
    ['is not there', { file: 'missing.secret' }, 'missing.secret: this file must be there'],
    ['cannot be read', { env: 'UNREADABLE' }, 'EACCES'],
    ['is weak', { env: 'WEAK' }, 'WEAK: 32 to 256 characters'],
  ])('that %s is named by its reference', async (_what, reference, hint) => {
    expect(await problemsOf({ ...portal, client_secrets: [{ file: 'portal.secret' }, reference] })).toEqual([
      { path: '/clients/0/client_secrets/1', allowed: expect.stringContaining(hint) },
    ])
  })

  test('stands once for a client', async () => {
    const client_secrets = [{ env: 'PORTAL' }, { file: 'portal.secret' }]
    expect(await pathsOf({ ...portal, client_secrets })).toEqual(['/clients/0/client_secrets/1'])
  })
})

describe('the files of this repository', () => {
  test('clients.json and examples/clients.json are good', async () => {
    const read: ReadSecret = async (reference) => SECRET + JSON.stringify(reference).replace(/[^a-z]/g, '')
    for (const file of ['clients.json', 'examples/clients.json']) {
      expect(await readClientsFile(await readFile(file, 'utf8'), read)).toMatchObject({ ok: true })
    }
  })

  test('the JSON Schema is up to date; `node scripts/write-clients-schema.ts` writes it anew', async () => {
    const written: unknown = JSON.parse(await readFile('docs/integration/clients.schema.json', 'utf8'))
    expect(written).toEqual(JSON.parse(JSON.stringify(clientsJsonSchema())))
  })
})
