/**
 * A command-line application on a person's own machine (RFC 8252): it waits on loopback for the code, and binds its
 * tokens to a key of its own (DPoP, RFC 9449). By oauth4webapi, which leaves no check out.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import * as oauth from 'oauth4webapi'

const { ISSUER = '', CLIENT_ID = '' } = process.env
const issuer = new URL(ISSUER)
/** Plain http is for a provider on this machine alone. */
const options = { [oauth.allowInsecureRequests]: issuer.protocol === 'http:' && issuer.hostname === 'localhost' }
const client: oauth.Client = { client_id: CLIENT_ID }

const found = await oauth.discoveryRequest(issuer, options)
const provider = await oauth.processDiscoveryResponse(issuer, found)

// Any free port: of a native application's loopback address the port alone may differ from what is registered.
const server = createServer()
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const place = server.address()
const redirectUri = `http://127.0.0.1:${typeof place === 'object' && place ? place.port : ''}/callback`

const codeVerifier = oauth.generateRandomCodeVerifier()
const state = oauth.generateRandomState()
const nonce = oauth.generateRandomNonce()
const address = new URL(provider.authorization_endpoint ?? '')
for (const [name, value] of Object.entries({
  client_id: CLIENT_ID,
  redirect_uri: redirectUri,
  response_type: 'code',
  scope: 'openid profile',
  state,
  nonce,
  code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
  code_challenge_method: 'S256',
}))
  address.searchParams.set(name, value)
process.stdout.write(`请在浏览器中打开 Open in a browser:\n${address.href}\n`)

const [request, response] = await once(server, 'request')
const arrived = new URL(request.url, redirectUri)
response.setHeader('Content-Type', 'text/plain; charset=utf-8').end('可以关闭本页了。You can close this page.\n')
server.close()

const parameters = oauth.validateAuthResponse(provider, client, arrived, state)
const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'))
const answer = await oauth.authorizationCodeGrantRequest(
  provider,
  client,
  oauth.None(),
  parameters,
  redirectUri,
  codeVerifier,
  { ...options, DPoP },
)
const tokens = await oauth.processAuthorizationCodeResponse(provider, client, answer, {
  expectedNonce: nonce,
  requireIdToken: true,
})
const claims = oauth.getValidatedIdTokenClaims(tokens)
const asked = await oauth.userInfoRequest(provider, client, tokens.access_token, { ...options, DPoP })
const person = await oauth.processUserInfoResponse(provider, client, claims?.sub ?? oauth.skipSubjectCheck, asked)
process.stdout.write(`${JSON.stringify({ token_type: tokens.token_type, person })}\n`)
