/**
 * What nginx asks about each request (`auth_request`): whether its access token is good. It asks Campus ID by
 * introspection (RFC 7662) and remembers the answer for a moment.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import * as oauth from 'oauth4webapi'

const { ISSUER = '', CLIENT_ID = '', CLIENT_SECRET_FILE = '', RESOURCE = '', SCOPE = '', PORT = '' } = process.env
/** How long a token that was revoked may still pass. 0 asks each time. */
const REMEMBER_SECONDS = Number(process.env['REMEMBER_SECONDS'] ?? 5)
const REMEMBERED_MAX = 10_000

const issuer = new URL(ISSUER)
/** Plain http is for a provider on this machine alone. */
const options = { [oauth.allowInsecureRequests]: issuer.protocol === 'http:' && issuer.hostname === 'localhost' }
const provider = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options))
const client: oauth.Client = { client_id: CLIENT_ID }
const authentication = oauth.ClientSecretBasic(readFileSync(CLIENT_SECRET_FILE, 'utf8').trim())

interface Caller {
  clientId: string
  /** null where the client calls on its own account. */
  sub: string | null
  until: number
}
const remembered = new Map<string, Caller>()

/** null for a token that is not good here. Throws where Campus ID does not answer: then nobody gets in. */
async function callerOf(token: string): Promise<Caller | null> {
  // By its hash: nobody finds tokens in the memory of a gateway.
  const id = createHash('sha256').update(token).digest('base64url')
  const known = remembered.get(id)
  if (known && known.until > Date.now()) return known
  remembered.delete(id)
  const answer = await oauth.introspectionRequest(provider, client, authentication, token, {
    ...options,
    additionalParameters: { token_type_hint: 'access_token' },
  })
  const told = await oauth.processIntrospectionResponse(provider, client, answer).catch((error: unknown) => {
    // A JWT: whoever protects an API with these checks them, and nobody is asked.
    if (error instanceof oauth.ResponseBodyError && error.error === 'unsupported_token_type') return null
    throw error
  })
  if (!told?.active || ![told.aud].flat().includes(RESOURCE) || !told.scope?.split(' ').includes(SCOPE)) return null
  const { client_id: clientId = '', sub = null, exp = 0 } = told
  const caller = { clientId, sub, until: Math.min(Date.now() + REMEMBER_SECONDS * 1000, exp * 1000) }
  const [oldest] = remembered.keys()
  if (remembered.size >= REMEMBERED_MAX && oldest !== undefined) remembered.delete(oldest)
  remembered.set(id, caller)
  return caller
}

createServer(async (request, response) => {
  try {
    const [, token] = /^Bearer ([\w.~+/-]+=*)$/i.exec(request.headers.authorization ?? '') ?? []
    const caller = token === undefined ? null : await callerOf(token)
    if (caller) response.writeHead(204, { 'X-Client-Id': caller.clientId, 'X-Subject': caller.sub ?? '' }).end()
    else response.writeHead(401, { 'WWW-Authenticate': 'Bearer error="invalid_token"' }).end()
  } catch (error) {
    process.stderr.write(`gateway: ${error instanceof Error ? error.message : error}\n`)
    response.writeHead(503).end()
  }
}).listen(Number(PORT), '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${PORT}/\n`))
