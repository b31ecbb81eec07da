/** Ways in which well-known software must be set up. What an entry says itself goes before its preset. */
import type { RawEntry } from './resource-rules.ts'

export const PRESETS = ['shibboleth-gateway'] as const

/**
 * The OAuth 2.0 connector of a Shibboleth identity provider, as CARSI hands it out: it sends no PKCE, the same `state`
 * each time, and reads one flat `uid` (docs/integration/shibboleth.md says what that costs).
 */
const SHIBBOLETH_GATEWAY = {
  token_endpoint_auth_method: 'client_secret_post',
  pkce_exempt: 'the OAuth connector of a Shibboleth identity provider cannot send PKCE',
  scope: 'openid campus_basic eduperson',
  claim_names: { campus_id: 'uid' },
}

export function withPreset(entry: RawEntry): RawEntry {
  return entry?.['preset'] === 'shibboleth-gateway' ? { ...SHIBBOLETH_GATEWAY, ...entry } : entry
}
