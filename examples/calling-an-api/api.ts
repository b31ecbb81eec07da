/** The API that the service calls: it checks the JWT by itself, and asks nobody. */
import { createServer } from 'node:http'
import { createRemoteJWKSet, jwtVerify } from 'jose'

const { ISSUER = '', RESOURCE = '', PORT = '' } = process.env
const SCOPE = 'rooms:read'

const discovered = await fetch(new URL('/.well-known/openid-configuration', ISSUER))
const { jwks_uri: jwksUri }: { jwks_uri: string } = await discovered.json()
// It fetches the keys again when it meets one that it does not know, at most every half minute.
const keys = createRemoteJWKSet(new URL(jwksUri))

/** Every check of RFC 9068 §4; `typ` keeps an ID token from passing for an access token. */
async function callerOf(authorization = ''): Promise<string | null> {
  const [, token = ''] = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization) ?? []
  try {
    const { payload } = await jwtVerify<{ client_id: string; scope: string }>(token, keys, {
      issuer: ISSUER,
      audience: RESOURCE,
      typ: 'at+jwt',
      algorithms: ['ES256'],
      requiredClaims: ['sub', 'exp', 'client_id'],
    })
    return payload.scope.split(' ').includes(SCOPE) ? payload.client_id : null
  } catch {
    return null
  }
}

createServer(async (request, response) => {
  const caller = await callerOf(request.headers.authorization)
  if (caller === null) return void response.writeHead(401, { 'WWW-Authenticate': 'Bearer error="invalid_token"' }).end()
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify({ rooms: ['教一 101', '教一 102'], caller }))
}).listen(Number(PORT), '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${PORT}/\n`))
