/** What is measured, and what must hold of it: the bars of the release. */
import type { PairedOperation } from './against-baseline.ts'

export const PAIRED: readonly PairedOperation[] = [
  { operation: 'userinfo', title: 'userinfo', scenario: 'userinfo', least: 1 },
  { operation: 'refresh-es256', title: 'refresh with rotation, ES256', scenario: 'refresh-es256', least: 1 },
  { operation: 'refresh-rs256', title: 'refresh with rotation, RS256', scenario: 'refresh-rs256', least: 1 },
  { operation: 'sso', title: 'SSO re-authorisation', scenario: 'sso', least: 1 },
  { operation: 'code-es256', title: 'code → tokens, ES256', scenario: 'code-es256', least: 1, portion: 4_000 },
  { operation: 'code-rs256', title: 'code → tokens, RS256', scenario: 'code-rs256', least: 1, portion: 4_000 },
  {
    operation: 'sign-in-without-hash',
    title: 'password sign-in without the hash',
    scenario: 'sign-in',
    least: 0.9,
    warmUpTimes: 1_200,
  },
  { operation: 'discovery', title: 'discovery', scenario: 'discovery', least: 2 },
  { operation: 'jwks', title: 'JWKS', scenario: 'jwks', least: 2 },
]
