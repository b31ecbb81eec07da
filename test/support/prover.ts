/** A client that proves with each request that it holds its key (DPoP, RFC 9449). */
import { createHash, randomUUID } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

export interface Prover {
  thumbprint: string
  jwk: JWK
  /** The header of a request; `claims` replace those of a right proof. */
  proof(request: ProvenRequest, claims?: Record<string, unknown>): Promise<{ dpop: string }>
}

export interface ProvenRequest {
  method?: string
  url: string
  accessToken?: unknown
  nonce?: string | undefined
}

export async function newProver(): Promise<Prover> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = await exportJWK(publicKey)
  return {
    jwk,
    thumbprint: await calculateJwkThumbprint(jwk),
    async proof({ method = 'POST', url, accessToken, nonce }, claims = {}) {
      const right = {
        htm: method,
        htu: url,
        jti: randomUUID(),
        iat: Math.floor(Date.now() / 1_000),
        ...(nonce !== undefined && { nonce }),
        ...(accessToken !== undefined && {
          ath: createHash('sha256').update(String(accessToken)).digest('base64url'),
        }),
      }
      const jwt = new SignJWT({ ...right, ...claims }).setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
      return { dpop: await jwt.sign(privateKey) }
    },
  }
}
