/** What of the library is switched on, and what not: nothing is left to its defaults. */
import { type Client, type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import type { ClientDirectory } from '../clients/clients.ts'
import type { SigningKey } from '../keys/keys.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { createIntrospection } from './introspection.ts'
import { nonceSecretOf } from './proof-nonces.ts'
import type { LibraryPages } from './provider-pages.ts'
import type { Registrar } from './registrar.ts'
import { POLICY } from './registration-tokens.ts'
import { shortRequestsOnly } from './request-objects.ts'
import { resourceIndicators } from './resource-indicators.ts'
import type { Shield } from './unavailable.ts'

interface Parts {
  library: LibraryPages
  deviceFlow: NonNullable<NonNullable<Configuration['features']>['deviceFlow']>
  shield: Shield
  gatekeeper: Gatekeeper
  keys: readonly SigningKey[]
  registrar: Registrar
}

export function features(
  needs: Pick<Campus, 'audit' | 'clock' | 'config' | 'random'> & Pick<ClientDirectory, 'resourceServers'>,
  { library: { signOut, signedOut }, deviceFlow, shield, gatekeeper, keys, registrar }: Parts,
): Configuration['features'] {
  return {
    devInteractions: { enabled: false },
    userinfo: { enabled: true },
    claimsParameter: { enabled: true },
    pushedAuthorizationRequests: { enabled: true },
    revocation: { enabled: true, allowedPolicy: ownTokensOnly },
    rpInitiatedLogout: { enabled: true, logoutSource: signOut, postLogoutSuccessSource: signedOut },
    backchannelLogout: { enabled: true },
    clientCredentials: { enabled: true },
    deviceFlow,
    // A nonce is offered with each answer and asked of nobody: without one a proof is good for minutes, and once.
    dPoP: { enabled: true, nonceSecret: nonceSecretOf(keys), requireNonce: () => false, allowReplay: false },
    introspection: { enabled: true, allowedPolicy: shield(createIntrospection(needs, gatekeeper)) },
    registration: { enabled: true, ...registration(needs, registrar) },
    // A lost answer must not lock anybody out.
    registrationManagement: { enabled: true, rotateRegistrationAccessToken: false },
    requestObjects: {
      enabled: true,
      requireSignedRequestObject: false,
      assertJwtClaimsAndHeader: shortRequestsOnly(needs.clock),
    },
    resourceIndicators: { enabled: true, ...resourceIndicators(needs, shield) },
  }
}

/** An identifier with a prefix is neither a 学工号 nor a `sub`. */
const CLIENT_ID_PREFIX = 'dynamic-'
const CLIENT_ID_BYTES = 16
const CLIENT_SECRET_BYTES = 32

function registration({ config, random }: Pick<Campus, 'config' | 'random'>, registrar: Registrar) {
  const isOpen = config.profile === 'conformance'
  return {
    initialAccessToken: !isOpen,
    ...(!isOpen && { policies: { [POLICY]: registrar.applyPolicy } }),
    idFactory: () => `${CLIENT_ID_PREFIX}${random.token(CLIENT_ID_BYTES)}`,
    secretFactory: () => random.token(CLIENT_SECRET_BYTES),
    issueRegistrationAccessToken: true,
  }
}

/** RFC 7009 §2.1: a foreign token is not revoked, and whoever tried is told so. */
const ownTokensOnly = (_ctx: KoaContextWithOIDC, client: Client, token: { clientId?: string | undefined }): boolean => {
  if (token.clientId === client.clientId) return true
  throw new errors.InvalidRequest('this token was not issued to this client')
}
