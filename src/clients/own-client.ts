/** Campus ID as a client of itself: pages that stand alone sign a person in by it (src/oidc/signing-in-here.ts). */
import type { DeclaredClient } from './plan-clients.ts'

export const OWN_CLIENT_ID = 'campus-id'

/** Where a person comes back to, and nowhere else. */
export const OWN_REDIRECT_PATH = '/arrived'

/** It is in no file and has no secret; it can be sent to this server alone, and asks for nothing but who it is. */
export function ownClient(issuer: string): DeclaredClient {
  return {
    id: OWN_CLIENT_ID,
    secretHashes: [],
    metadata: {
      client_name: '统一身份认证',
      client_name_i18n: { en: 'Campus ID' },
      redirect_uris: [`${issuer}${OWN_REDIRECT_PATH}`],
      post_logout_redirect_uris: [],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      scope: 'openid',
      resources: [],
      claims: null,
      claim_names: {},
      claims_in_id_token: false,
      choose_identity: false,
      id_token_signed_response_alg: 'ES256',
      subject_type: 'pairwise',
      application_type: 'web',
      first_party: true,
      pkce_exempt: null,
      backchannel_logout_uri: null,
      backchannel_logout_session_required: false,
      dpop_bound_access_tokens: false,
      require_pushed_authorization_requests: false,
      require_signed_request_object: false,
      initiate_login_uri: null,
      client_uri: `${issuer}/`,
      logo_uri: null,
      policy_uri: null,
      tos_uri: null,
      jwks_uri: null,
      jwks: null,
    },
  }
}
