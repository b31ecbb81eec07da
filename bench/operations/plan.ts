/** What is measured, in this order, and what must hold of it: the bars of the release. */
import { againstBaseline } from './against-baseline.ts'
import type { Operation } from './bench-tools.ts'
import { crowd } from './crowd.ts'
import { memoryIdle, memoryLoad } from './memory.ts'
import { population } from './population.ts'
import { scaling } from './scaling.ts'
import { sessionBytes } from './session-bytes.ts'
import { signInAgainstLimit, signInLatency } from './sign-in.ts'
import { size } from './size.ts'
import { starting } from './starting.ts'

/** The baseline signs RS256 in each of these. */
const PAIRED = [
  {
    operation: 'client-credentials-opaque',
    title: 'client_credentials, opaque',
    scenario: 'client-credentials-opaque',
    least: 0.7,
  },
  {
    operation: 'client-credentials-jwt',
    title: 'client_credentials, ES256 JWT',
    scenario: 'client-credentials-jwt',
    least: 1.5,
  },
  { operation: 'userinfo', title: 'userinfo', scenario: 'userinfo', least: 1 },
  { operation: 'introspection', title: 'introspection', scenario: 'introspection', least: 1 },
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
] as const

export const OPERATIONS: readonly Operation[] = [
  ...PAIRED.map(againstBaseline),
  signInAgainstLimit,
  signInLatency,
  crowd,
  scaling,
  starting,
  memoryIdle,
  memoryLoad,
  sessionBytes,
  population,
  size,
]
