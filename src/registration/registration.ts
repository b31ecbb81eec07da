/**
 * Relying parties that register themselves (RFC 7591): with an initial access token that an operator made, and within
 * what it allows. The protocol is the provider's (src/oidc); who may register what, is decided here.
 */
import type { Campus } from '../campus.ts'
import { hashSecret, type RegistrationPolicy } from '../clients/clients.ts'

export type { RegistrationPolicy } from '../clients/clients.ts'
export { profileMistake } from './open-clients.ts'
export { REGISTRABLE, type RegisteredClient, readRegistration } from './read-registration.ts'
export {
  changeRegistered,
  type Disabling,
  disableRegistered,
  type RegistrationTransaction,
  registerClient,
  removeRegistered,
} from './register-client.ts'

/** An initial access token, without its value, which nobody can show again. */
export interface RegistrationToken {
  id: string
  name: string
  policy: RegistrationPolicy
  clientsMax: number
  clientsCount: number
  createdAt: Date
  expiresAt: Date
  revokedAt: Date | null
}

export interface RegistrationTokenStore {
  findByHash(hash: string): Promise<RegistrationToken | null>
  /** The newest first. */
  list(): Promise<RegistrationToken[]>
  add(token: RegistrationToken, hash: string): Promise<void>
  /** False where there is none, or it was revoked before. */
  revoke(id: string, at: Date): Promise<boolean>
  /** Counts one more client. False where the token is revoked, over or used up: of racing ones, no more than it has. */
  use(id: string, at: Date): Promise<boolean>
}

export type TokenState = 'valid' | 'revoked' | 'expired' | 'used up'

export function stateOfToken(token: RegistrationToken, now: Date): TokenState {
  if (token.revokedAt !== null) return 'revoked'
  if (token.expiresAt <= now) return 'expired'
  return token.clientsCount < token.clientsMax ? 'valid' : 'used up'
}

export const AUTH_METHODS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] as const

type Needs = Pick<Campus, 'transaction' | 'clock' | 'random'> & { actor: string }

export interface NewRegistrationToken {
  name: string
  policy: RegistrationPolicy
  clientsMax: number
  days: number
}

const VALUE_BYTES = 32
const ID_BYTES = 6
const DAY_MILLISECONDS = 24 * 60 * 60 * 1_000

/** `value` is what a developer gets; it is told once. */
export async function createRegistrationToken(
  { transaction, clock, random, actor }: Needs,
  { name, policy, clientsMax, days }: NewRegistrationToken,
): Promise<{ token: RegistrationToken; value: string }> {
  const value = random.token(VALUE_BYTES)
  const createdAt = clock()
  const token: RegistrationToken = {
    id: random.token(ID_BYTES),
    name,
    policy,
    clientsMax,
    clientsCount: 0,
    createdAt,
    expiresAt: new Date(createdAt.getTime() + days * DAY_MILLISECONDS),
    revokedAt: null,
  }
  await transaction(async ({ registrationTokens, audit }) => {
    await registrationTokens.add(token, hashSecret(value))
    const allowed = { hosts: policy.hosts.join(' '), scopes: policy.scopes.join(' ') }
    const details = { ...allowed, ...(policy.publicSubject && { subject: 'public' }), clients: clientsMax, days }
    const row = { event: 'registration-token.created', result: 'success', actor, subject: subjectOf(token) } as const
    await audit.record({ ...row, details })
  })
  return { token, value }
}

/** Nothing more is registered with it; what was, stays. False where there is none, or it was revoked before. */
export async function revokeRegistrationToken(
  { transaction, clock, actor }: Pick<Needs, 'transaction' | 'clock' | 'actor'>,
  id: string,
): Promise<boolean> {
  return await transaction(async ({ registrationTokens, audit }) => {
    if (!(await registrationTokens.revoke(id, clock()))) return false
    await audit.record({ event: 'registration-token.revoked', result: 'success', actor, subject: subjectOf({ id }) })
    return true
  })
}

function subjectOf({ id }: Pick<RegistrationToken, 'id'>): string {
  return `registration-token:${id}`
}
