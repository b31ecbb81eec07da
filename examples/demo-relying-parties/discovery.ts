/** Finds out where Campus ID answers and which keys it signs with, when it is first needed. */
import { setTimeout as pause } from 'node:timers/promises'
import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose'
import * as client from 'openid-client'

export interface Provider {
  config: client.Configuration
  issuer: string
  /** The public keys, fetched again when a token names one that is not among them. */
  keys: JWTVerifyGetKey
}

export interface Registration {
  issuer: URL
  clientId: string
  clientSecret: string
}

const TRIES_MAX = 4
const PAUSE_MILLISECONDS = 400
const TIMEOUT_SECONDS = 5

/** Asks once and keeps the answer; a failure is not kept, because Campus ID may only be starting. */
export function createDiscovery(registration: Registration): () => Promise<Provider> {
  let found: Promise<Provider> | null = null
  return () => {
    found ??= discover(registration).catch((error: unknown) => {
      found = null
      throw error
    })
    return found
  }
}

async function discover({ issuer, clientId, clientSecret }: Registration): Promise<Provider> {
  // ID tokens are verified by their signature too, not only by the connection that they came over.
  const execute = [client.enableNonRepudiationChecks]
  if (isLoopbackHttp(issuer)) execute.push(client.allowInsecureRequests)

  for (let tries = 1; ; tries += 1) {
    try {
      const authentication = client.ClientSecretBasic(clientSecret)
      const options = { execute, timeout: TIMEOUT_SECONDS }
      const config = await client.discovery(issuer, clientId, undefined, authentication, options)
      return { config, issuer: config.serverMetadata().issuer, keys: keysOf(config) }
    } catch (error) {
      if (tries === TRIES_MAX) throw error
      await pause(PAUSE_MILLISECONDS)
    }
  }
}

function keysOf(config: client.Configuration): JWTVerifyGetKey {
  const { jwks_uri: address } = config.serverMetadata()
  if (address === undefined) throw new Error('the discovery document names no jwks_uri')
  return createRemoteJWKSet(new URL(address), { timeoutDuration: TIMEOUT_SECONDS * 1000 })
}

/** Plain http is for a developer's own machine: anywhere else it would give the client secret to the network. */
function isLoopbackHttp({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
}
