/** A browser and a relying party together, in front of a provider world. */
import { createHash, randomBytes } from 'node:crypto'
import type { Visit } from '../../src/oidc/oidc.ts'
import type { Answer } from './house.ts'
import { SAMPLE_SECRET } from './memory-desk.ts'
import type { ProviderWorld } from './provider-world.ts'

interface Cookie {
  value: string
  path: string
  attributes: string
}

export interface Authorization {
  client?: string
  redirectUri?: string
  /** null leaves PKCE away. */
  verifier?: string | null
  params?: Record<string, string>
}

export interface Tokens {
  status: number
  body: Record<string, unknown>
}

export type Visitor = ReturnType<typeof newVisitor>

type World = Pick<ProviderWorld, 'house' | 'issuer'>

export function callbackOf(client: string): string {
  return `https://${client}.school.example/callback`
}

export function newVisitor(world: World) {
  const verifier = randomBytes(32).toString('base64url')
  const browser = newBrowser(world)
  const party = newRelyingParty(world, verifier)
  const { go } = browser

  /** Sends the browser to /auth; answers where it was sent. */
  async function authorize(authorization?: Authorization): Promise<Answer> {
    return go(party.authorizationAddress(authorization))
  }

  async function visit(page: string): Promise<Visit> {
    return JSON.parse((await go(page)).body)
  }

  /** Follows the house from page to page with these answers, until the browser leaves for somewhere else. */
  async function finish(arrived: Answer, sign: Record<string, string> = { person: 'lan' }): Promise<Answer> {
    let answer = arrived
    for (let steps = 0; steps < 12; steps++) {
      const location = locationOf(answer)
      if (!location || ![HERE, new URL(world.issuer).origin].includes(location.origin)) return answer
      if (!location.pathname.startsWith('/interaction/')) answer = await go(location.href)
      else {
        const { prompt } = await visit(location.href)
        const end = prompt.name === 'consent' ? 'consent' : 'sign-in'
        answer = await go(`${location.pathname}/${end}`, prompt.name === 'consent' ? {} : sign)
      }
    }
    throw new Error('the sign-in goes in circles')
  }

  async function signIn(authorization: Authorization = {}, sign?: Record<string, string>): Promise<string> {
    const answer = await finish(await authorize(authorization), sign)
    const code = locationOf(answer)?.searchParams.get('code')
    if (!code) throw new Error(`no code: ${answer.status} ${answer.headers.location ?? answer.body}`)
    return code
  }

  return { verifier, ...browser, ...party, authorize, visit, finish, signIn }
}

/** Keeps cookies by path and follows nothing by itself. */
function newBrowser({ house, issuer }: World) {
  const cookies = new Map<string, Cookie>()

  function keep(lines: string[] = []): void {
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split('; ')
      const [name = '', value = ''] = pair.split(/=(.*)/s)
      const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? '/'
      if (value === '') cookies.delete(`${name} ${path}`)
      else cookies.set(`${name} ${path}`, { value, path, attributes: attributes.join('; ') })
    }
  }

  async function go(address: string, form?: Record<string, string>): Promise<Answer> {
    const { pathname, search } = new URL(address, issuer)
    const cookie = [...cookies]
      .filter(([, { path }]) => path === '/' || pathname === path || pathname.startsWith(`${path}/`))
      .map(([key, { value }]) => `${key.split(' ')[0]}=${value}`)
      .join('; ')
    const headers = { accept: 'text/html', ...(cookie && { cookie }) }
    const answer = form
      ? await house.post(pathname + search, form, headers)
      : await house.send(pathname + search, { headers })
    keep(answer.headers['set-cookie'])
    return answer
  }

  return { cookies, go }
}

/** What the client's own server does: it has a secret and no cookies. Clients called `app…` are public. */
function newRelyingParty({ house }: World, ownVerifier: string) {
  function authorizationAddress({ client = 'library', redirectUri, params = {}, ...rest }: Authorization = {}): string {
    const verifier = rest.verifier === undefined ? ownVerifier : rest.verifier
    const query = new URLSearchParams({
      client_id: client,
      response_type: 'code',
      scope: 'openid profile campus_basic',
      redirect_uri: redirectUri ?? callbackOf(client),
      state: 'opaque-state',
      nonce: 'opaque-nonce',
      ...(verifier !== null && {
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
      }),
      ...params,
    })
    return `/auth?${query}`
  }

  async function machine(
    path: string,
    form: Record<string, string>,
    client: string,
    more: Record<string, string> = {},
  ): Promise<Tokens & { raw: Answer }> {
    const isPublic = client.startsWith('app')
    const basic = Buffer.from(`${encodeURIComponent(client)}:${encodeURIComponent(SAMPLE_SECRET)}`).toString('base64')
    const raw = await house.send(path, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(!isPublic && { authorization: `Basic ${basic}` }),
        ...more,
      },
      body: new URLSearchParams({ ...form, ...(isPublic && { client_id: client }) }).toString(),
    })
    return { status: raw.status, body: parseJson(raw.body), raw }
  }

  async function redeem(
    code: string,
    { client = 'library', redirectUri, ...rest }: Authorization = {},
  ): Promise<Tokens> {
    const verifier = rest.verifier === undefined ? ownVerifier : rest.verifier
    const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri ?? callbackOf(client) }
    return machine('/token', { ...form, ...(verifier !== null && { code_verifier: verifier }) }, client)
  }

  function refresh(token: unknown, client = 'library'): Promise<Tokens> {
    return machine('/token', { grant_type: 'refresh_token', refresh_token: String(token) }, client)
  }

  async function userinfo(accessToken: unknown): Promise<Tokens> {
    const raw = await house.send('/me', { headers: { authorization: `Bearer ${String(accessToken)}` } })
    return { status: raw.status, body: parseJson(raw.body) }
  }

  return { authorizationAddress, machine, redeem, refresh, userinfo }
}

/** The origin of an address that was given without one. */
const HERE = 'http://here.invalid'

/** With the secret in the form, as older software sends it, and without PKCE. */
export async function redeemByPost(
  { house }: World,
  code: string,
  changes: Record<string, string> = {},
): Promise<Tokens> {
  const form = {
    ...{ grant_type: 'authorization_code', code, redirect_uri: callbackOf('library') },
    ...{ client_id: 'library', client_secret: SAMPLE_SECRET },
    ...changes,
  }
  const raw = await house.send('/token', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  })
  return { status: raw.status, body: parseJson(raw.body) }
}

export function locationOf({ headers }: Answer): URL | null {
  return headers.location === undefined ? null : new URL(headers.location, HERE)
}

export function claimsIn(idToken: unknown): Record<string, unknown> {
  return JSON.parse(Buffer.from(String(idToken).split('.')[1] ?? '', 'base64url').toString('utf8'))
}

function parseJson(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text)
  } catch {
    return { text }
  }
}
