/** How the library is set up: every switch that we mean is said here, also where it is the library's default. */
import type Keygrip from 'keygrip'
import type { Client, Configuration, KoaContextWithOIDC } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import { CLAIMS_OF_SCOPE, type ClientDirectory, KNOWN_SCOPES } from '../clients/clients.ts'
import { cookiesFor } from '../http/cookies.ts'
import { SIGNING_ALGORITHMS, type SigningKey } from '../keys/keys.ts'
import type { SubjectLookup } from '../subjects/subjects.ts'
import { tokenFormats } from './access-tokens.ts'
import { ASSURANCE_LADDER, type MethodProof } from './assurance.ts'
import { CLOCK_TOLERANCE_SECONDS, shortAssertionsOnly } from './client-assertions.ts'
import { CLIENT_PROPERTIES, forgetOurFields, traitsOf } from './client-records.ts'
import { deviceFlow } from './device-pages.ts'
import { features } from './features.ts'
import { createFindAccount } from './find-account.ts'
import { createLoadGrant } from './grants.ts'
import { lifetimes } from './lifetimes.ts'
import type { OutboundFetch, ProviderPages } from './oidc.ts'
import { createPolicy } from './policy.ts'
import { providerPages } from './provider-pages.ts'
import { sectorOfAsker } from './resource-indicators.ts'
import type { SilentSignOut } from './silent-sign-out.ts'
import type { StartingAgain } from './starting-again.ts'
import type { Storage } from './storage-adapter.ts'
import type { Shield } from './unavailable.ts'

export type ConfigurationNeeds = Pick<Campus, 'config' | 'clock' | 'random' | 'consents' | 'audit'> &
  Pick<ClientDirectory, 'resourceServers'>

export interface Parts {
  storage: Storage
  shield: Shield
  keys: readonly SigningKey[]
  cookieKeys: Keygrip
  subjectOf: SubjectLookup
  outboundFetch: OutboundFetch
  pages: ProviderPages
  methods: readonly MethodProof[]
  startingAgain: StartingAgain
  silentSignOut: SilentSignOut
}

export function configurationOf(needs: ConfigurationNeeds, parts: Parts): Configuration {
  const { config, clock } = needs
  const { storage, shield, subjectOf } = parts
  const library = providerPages(parts, config.issuer)
  const device = deviceFlow(needs, { pages: parts.pages, renderError: library.renderError })
  const { gatekeeper } = storage
  const findAccount = createFindAccount(needs, gatekeeper)
  const loadGrant = createLoadGrant(needs, storage)
  return {
    adapter: storage.adapter,
    jwks: { keys: [...parts.keys] },
    cookies: cookieConfiguration(config.issuer, parts.cookieKeys),
    ttl: lifetimes(clock),
    clockTolerance: CLOCK_TOLERANCE_SECONDS,

    ...protocol(clock),
    ...(config.profile === 'conformance' && whatCertificationAsks()),
    features: features(needs, {
      library,
      deviceFlow: device,
      shield,
      gatekeeper,
      keys: parts.keys,
      registrar: storage.registrar,
    }),
    formats: tokenFormats({ ...parts, ...storage }),
    claims: mutable(CLAIMS_OF_SCOPE),
    scopes: [...KNOWN_SCOPES],
    acrValues: [...ASSURANCE_LADDER],
    discovery: { ui_locales_supported: ['zh-CN', 'en'] },

    // `sub` always comes from src/subjects: clients that share one are a sector too (client-records.ts).
    subjectTypes: ['pairwise', 'public'],
    pairwiseIdentifier: shield(async (ctx, personId, client) =>
      subjectOf(personId, sectorOfAsker(ctx) ?? traitsOf(client)['campus:sector']),
    ),
    // Of one that registers itself at this moment; ours are vetted, and what was validated once stays so.
    sectorIdentifierUriValidate: (client) => client['campus:sector'] === undefined,
    extraClientMetadata: { properties: CLIENT_PROPERTIES, validator: forgetOurFields },

    findAccount: shield(async (...asked) => findAccount(...asked)),
    loadExistingGrant: shield(async (ctx) => loadGrant(ctx)),
    // The grant stands behind every token of its family and is read with each: without it, they are all void.
    revokeGrantPolicy: () => true,
    interactions: {
      policy: createPolicy(clock, parts.methods),
      url: (ctx, { uid }) => parts.startingAgain.pageOf(ctx, uid),
    },
    renderError: library.renderError,
    fetch: guardedFetch(parts.outboundFetch),
  }
}

function cookieConfiguration(issuer: string, keys: Keygrip): Configuration['cookies'] {
  const { name, attributes } = cookiesFor(issuer)
  return {
    keys,
    names: { session: name('session'), interaction: name('interaction'), resume: name('resume') },
    long: { ...attributes, path: '/', signed: true },
    // The library narrows the path of these two to where they are used.
    short: { ...attributes, signed: true },
  }
}

/** With which a client may sign what it sends; neither `none` nor a secret that both sides know. */
const CLIENT_ALGORITHMS = ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'] as const

/** Code flow with PKCE and nothing older (RFC 9700). */
function protocol(clock: Campus['clock']): Configuration {
  return {
    responseTypes: ['code'],
    pkce: { required: (_ctx, client) => isPublic(client) || !traitsOf(client)['campus:pkce_exempt'] },
    allowOmittingSingleRegisteredRedirectUri: false,
    acceptQueryParamAccessTokens: false,
    enableHttpPostMethods: false,
    conformIdTokenClaims: true,
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    enabledJWA: {
      idTokenSigningAlgValues: SIGNING_ALGORITHMS,
      clientAuthSigningAlgValues: CLIENT_ALGORITHMS,
      requestObjectSigningAlgValues: CLIENT_ALGORITHMS,
      dPoPSigningAlgValues: CLIENT_ALGORITHMS,
    },
    assertJwtClientAuthClaimsAndHeader: shortAssertionsOnly(clock),
    issueRefreshToken: (_ctx, client, { scopes }) =>
      client.grantTypeAllowed('refresh_token') && scopes.has('offline_access'),
    // Whoever can keep no secret shows by the rotation that its token was not copied (RFC 9700 §4.14.2).
    rotateRefreshToken: ({ oidc }) => oidc.client !== undefined && isPublic(oidc.client),
    expiresWithSession: (_ctx, { scopes }) => !scopes.has('offline_access'),
    clientBasedCORS: mayReadFromBrowser,
  }
}

/**
 * Implicit and Hybrid are certified with what nobody should use any more (RFC 9700 §2.1.2), and no plan sends PKCE.
 * Only clients that were taken at their word may have it: the others are registered for the code flow alone.
 */
function whatCertificationAsks(): Configuration {
  return {
    responseTypes: ['code', 'id_token', 'id_token token', 'code id_token', 'code token', 'code id_token token', 'none'],
    pkce: { required: () => false },
    clientDefaults: { id_token_signed_response_alg: 'RS256' },
  }
}

function isPublic(client: Client): boolean {
  return client.clientAuthMethod === 'none'
}

/** Scripts of a page may read answers where no secret is involved, and only of pages that the client has registered. */
function mayReadFromBrowser({ oidc }: KoaContextWithOIDC, origin: string, client: Client): boolean {
  if (oidc.route !== 'userinfo' && !isPublic(client)) return false
  return client.redirectUris?.some((uri) => URL.parse(uri)?.origin === origin && origin !== 'null') ?? false
}

/** The library brings along its own idea of which networks may be reached (`dispatcher`); the operator's holds. */
function guardedFetch(outboundFetch: OutboundFetch): NonNullable<Configuration['fetch']> {
  return (input, { method = 'GET', headers = {}, body = null, signal = null } = {}) => {
    const url = input instanceof Request ? input.url : String(input)
    return outboundFetch(url, { method, headers, body, signal, redirect: 'manual' })
  }
}

function mutable(scopes: Readonly<Record<string, readonly string[]>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(scopes).map(([scope, claims]) => [scope, [...claims]]))
}
