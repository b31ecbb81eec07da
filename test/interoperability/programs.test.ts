/** The examples that are no web applications: a service and its API, a gateway, a command line. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { exportJWK, generateKeyPair } from 'jose'
import { freePort } from '../support/free-port.ts'
import { type NginxBefore, startGatewayNginx } from '../support/gateway-nginx.ts'
import { until } from '../support/until.ts'
import { NAME, openWorld, SECRET, type World } from './world.ts'

const ROOMS = 'https://api.school.example/rooms'
const GRADES = 'https://api.school.example/grades'

let world: World
let privateKeyFile: string

beforeAll(async () => {
  const keys = await generateKeyPair('ES256', { extractable: true })
  const mark = { kid: 'k1', alg: 'ES256', use: 'sig' }
  const resources = [
    { identifier: ROOMS, scopes: ['rooms:read'] },
    { identifier: GRADES, scopes: ['grades:read'] },
  ]
  world = await openWorld(
    [
      {
        client_id: 'service',
        grant_types: ['client_credentials'],
        resources,
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [{ ...(await exportJWK(keys.publicKey)), ...mark }] },
      },
      { client_id: 'timetable', grant_types: ['client_credentials'], resources },
      { client_id: 'gateway', grant_types: [] },
      {
        client_id: 'command-line',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['http://127.0.0.1/callback'],
        scope: 'openid profile',
      },
    ],
    [
      { identifier: ROOMS, name: '教室', scopes: ['rooms:read'], access_token_format: 'jwt' },
      {
        identifier: GRADES,
        name: '成绩',
        scopes: ['grades:read'],
        access_token_format: 'opaque',
        introspection_client: 'gateway',
      },
    ],
  )
  privateKeyFile = join(world.installation.folder, 'service.key.json')
  writeFileSync(privateKeyFile, JSON.stringify({ ...(await exportJWK(keys.privateKey)), ...mark }), { mode: 0o600 })
}, 120_000)
afterAll(() => world?.close())

test('a service proves itself by its key, and an API reads the JWT that it brings', async () => {
  const port = String(await freePort())
  await world.start('calling-an-api/api.ts', { RESOURCE: ROOMS, PORT: port })
  const api = `http://127.0.0.1:${port}/`
  const service = await world.start('calling-an-api/caller.ts', {
    CLIENT_ID: 'service',
    PRIVATE_KEY_FILE: privateKeyFile,
    RESOURCE: ROOMS,
    API: api,
  })
  expect(await service.ended).toBe(0)
  expect(service.said()).toBe('200 {"rooms":["教一 101","教一 102"],"caller":"service"}\n')
  for (const authorization of ['', 'Bearer ', 'Bearer a.b.c']) {
    const { status } = await fetch(api, { headers: { authorization } })
    expect(status).toBe(401)
  }
})

test('a command-line application signs somebody in by their browser', async () => {
  const program = await world.start('command-line/sign-in.ts', { CLIENT_ID: 'command-line' })
  const [address = ''] = /http:\S+/.exec(program.said()) ?? []
  const arrived = await world.signIn(address)
  expect(await (await fetch(arrived)).text()).toContain('You can close this page.')
  expect(await program.ended).toBe(0)
  expect(program.said()).toContain(`"name":"${NAME}"`)
})

describe('nginx in front of an API, with a gateway that introspects', () => {
  let nginx: NginxBefore
  let api: string
  beforeAll(async () => {
    const port = await freePort()
    await world.start('gateway/gateway.ts', {
      CLIENT_ID: 'gateway',
      RESOURCE: GRADES,
      SCOPE: 'grades:read',
      PORT: String(port),
      REMEMBER_SECONDS: '0',
    })
    nginx = await startGatewayNginx({ gateway: `127.0.0.1:${port}` })
    api = nginx.url
  }, 60_000)
  afterAll(() => nginx?.stop())

  const tokenOf = async (client: string, resource: string): Promise<string> => {
    const answer = await fetch(`${world.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${client}:${SECRET}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource }),
    })
    const { access_token }: { access_token: string } = await answer.json()
    return access_token
  }
  const ask = (token: string | null) =>
    fetch(api, { headers: { ...(token !== null && { authorization: `Bearer ${token}` }), 'x-subject': 'forged' } })

  test('lets a good token through, and says whose it is, whatever the caller says', async () => {
    const answer = await ask(await tokenOf('timetable', GRADES))
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ client: 'timetable', subject: null, authorization: null })
  })

  test('keeps out whoever has none, an invented one, or one for another API', async () => {
    for (const token of [null, 'invented', await tokenOf('timetable', ROOMS)]) {
      const answer = await ask(token)
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toContain('Bearer')
    }
  })

  test('keeps out a token as soon as it is revoked', async () => {
    const token = await tokenOf('timetable', GRADES)
    expect((await ask(token)).status).toBe(200)
    await fetch(`${world.issuer}/token/revocation`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`timetable:${SECRET}`)}` },
      body: new URLSearchParams({ token }),
    })
    await until('it is refused', async () => (await ask(token)).status === 401)
  })
})
