/** What people and relying parties do, in the fewest requests. An answer that was not expected is a `Fault`. */
import { createHash } from 'node:crypto'
import type { Answer } from './answer.ts'
import { type Browser, newBrowser } from './browser.ts'
import { API_SCOPE, type ClientId, clientCalled, numberOf, PASSWORD, REDIRECT_URI } from './clients.ts'
import type { Connection, Peer } from './connection.ts'

const VERIFIER = 'v'.repeat(43)
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')

/** An answer that was not expected. Its message counts with others of its kind, so nothing of one request is in it. */
export class FaultError extends Error {}

export interface Tokens {
  access_token: string
  refresh_token?: string
}

export function personsBrowser({ host }: Peer, index: number): Browser {
  return newBrowser({ origin: `http://${host}`, address: addressOf(index) })
}

/** From 198.18.0.0/15, which is set apart for benchmarks (RFC 2544): a household of their own for each. */
function addressOf(index: number): string {
  return `198.${18 + ((index >> 16) & 1)}.${(index >> 8) & 255}.${index & 255}`
}

/** OpenID Connect Core §11: no offline_access without `prompt=consent`. A first-party client shows no page for it. */
export function authorizationPath(id: ClientId): string {
  const { scope } = clientCalled(id)
  const query = new URLSearchParams({
    client_id: id,
    response_type: 'code',
    scope,
    redirect_uri: REDIRECT_URI,
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    state: 'opaque-state',
    nonce: 'opaque-nonce',
    ...(scope.includes('offline_access') && { prompt: 'consent' }),
  })
  return `/auth?${query}`
}

/** From the relying party's link to the code: four requests. */
export async function signIn(connection: Connection, browser: Browser, who: { index: number; path: string }) {
  const page = expectRedirect('GET /auth', await browser.go(connection, who.path))
  expectStatus('GET /interaction', await browser.go(connection, page), 200)
  const account = { login: numberOf(who.index), password: PASSWORD }
  const back = expectRedirect('POST /interaction', await browser.go(connection, formOf(page), account))
  return codeIn('GET /auth/:uid', await browser.go(connection, back))
}

/** Signed in already: one request. */
export async function authorizeAgain(connection: Connection, browser: Browser, path: string): Promise<string> {
  return codeIn('GET /auth', await browser.go(connection, path))
}

export async function redeem(connection: Connection, id: ClientId, code: string): Promise<Tokens> {
  const form = {
    grant_type: 'authorization_code',
    ...credentialsOf(id),
    redirect_uri: REDIRECT_URI,
    code_verifier: VERIFIER,
    code,
  }
  const answer = await connection.ask({ path: '/token', form })
  return JSON.parse(expectStatus('POST /token code', answer, 200).body)
}

export async function refresh(connection: Connection, id: ClientId, token: string): Promise<Tokens> {
  const form = { grant_type: 'refresh_token', ...credentialsOf(id), refresh_token: token }
  const answer = await connection.ask({ path: '/token', form })
  return JSON.parse(expectStatus('POST /token refresh', answer, 200).body)
}

export async function userinfo(connection: Connection, accessToken: string): Promise<void> {
  const answer = await connection.ask({ path: '/me', headers: `Authorization: Bearer ${accessToken}\r\n` })
  expectStatus('GET /me', answer, 200)
}

/** On the client's own account (RFC 6749 §4.4), for one API (RFC 8707). */
export async function clientCredentials(connection: Connection, resource: string): Promise<Tokens> {
  const form = { grant_type: 'client_credentials', ...credentialsOf('timetable'), scope: API_SCOPE, resource }
  const answer = await connection.ask({ path: '/token', form })
  return JSON.parse(expectStatus('POST /token client_credentials', answer, 200).body)
}

/** The API asks what a token is worth (RFC 7662). */
export async function introspect(connection: Connection, token: string): Promise<void> {
  const answer = await connection.ask({ path: '/token/introspection', form: { ...credentialsOf('api'), token } })
  const { body } = expectStatus('POST /token/introspection', answer, 200)
  if (!body.includes('"active":true')) throw new FaultError('POST /token/introspection: not active')
}

export async function fetchPath(connection: Connection, path: string): Promise<void> {
  expectStatus(`GET ${path}`, await connection.ask({ path }), 200)
}

function credentialsOf(id: ClientId): Record<string, string> {
  const { secret } = clientCalled(id)
  return { client_id: id, ...(secret !== null && { client_secret: secret }) }
}

function expectStatus(what: string, answer: Answer, status: number): Answer {
  if (answer.status !== status) throw new FaultError(`${what}: ${answer.status}`)
  return answer
}

/** The address of the page carries the request that led there. */
const formOf = (page: string) => page.replace(/(?=\?|$)/, '/password')

function expectRedirect(what: string, { status, location }: Answer): string {
  if (status !== 303 || location === null) throw new FaultError(`${what}: ${status}`)
  return location
}

function codeIn(what: string, answer: Answer): string {
  const address = expectRedirect(what, answer)
  const code = URL.parse(address)?.searchParams.get('code')
  if (!code) throw new FaultError(`${what}: no code, but ${errorIn(address)}`)
  return code
}

function errorIn(address: string): string {
  return URL.parse(address)?.searchParams.get('error') ?? 'another page'
}
