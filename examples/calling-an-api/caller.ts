/** A service that calls an API on its own account, and proves who it is by a key instead of a secret. */
import { readFileSync } from 'node:fs'
import { importJWK, type JWK } from 'jose'
import * as client from 'openid-client'

const { ISSUER = '', CLIENT_ID = '', PRIVATE_KEY_FILE = '', RESOURCE = '', API = '' } = process.env
const jwk: JWK = JSON.parse(readFileSync(PRIVATE_KEY_FILE, 'utf8'))
const key = await importJWK(jwk, 'ES256')
if (key instanceof Uint8Array) throw new Error(`${PRIVATE_KEY_FILE}: expected the private key of a pair`)

const issuer = new URL(ISSUER)
/** Plain http is for a provider on this machine alone. */
const isLocal = issuer.protocol === 'http:' && issuer.hostname === 'localhost'
const config = await client.discovery(
  issuer,
  CLIENT_ID,
  undefined,
  client.PrivateKeyJwt({ key, ...(jwk.kid !== undefined && { kid: jwk.kid }) }),
  isLocal ? { execute: [client.allowInsecureRequests] } : {},
)

// Good for minutes: a real service keeps the token until shortly before it expires, and asks for the next one then.
const tokens = await client.clientCredentialsGrant(config, { resource: RESOURCE })
const answer = await fetch(API, { headers: { authorization: `Bearer ${tokens.access_token}` } })
process.stdout.write(`${answer.status} ${await answer.text()}\n`)
