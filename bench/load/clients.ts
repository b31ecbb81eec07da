/** The relying parties and people of the bench, the same at the baseline and at Campus ID. */
export interface ClientOfBench {
  id: string
  /** null: a public client. */
  secret: string | null
  grants: readonly ('authorization_code' | 'refresh_token' | 'client_credentials')[]
  redirectUris: readonly string[]
  scope: string
  /** What Campus ID signs its ID tokens with; the baseline always signs RS256. */
  algorithm: 'ES256' | 'RS256'
}

export const REDIRECT_URI = 'http://127.0.0.1:9/callback'
/** The audience of JWT access tokens. */
export const RESOURCE = 'https://api.school.example'

const SECRET = 'a-secret-of-the-bench-and-of-nobody-else'

const portal = {
  secret: SECRET,
  grants: ['authorization_code'],
  redirectUris: [REDIRECT_URI],
  scope: 'openid profile campus_basic',
} as const

const app = {
  secret: null,
  grants: ['authorization_code', 'refresh_token'],
  redirectUris: [REDIRECT_URI],
  scope: 'openid profile campus_basic offline_access',
} as const

export const CLIENTS = [
  { id: 'portal', algorithm: 'ES256', ...portal },
  { id: 'portal-rs256', algorithm: 'RS256', ...portal },
  { id: 'app', algorithm: 'ES256', ...app },
  { id: 'app-rs256', algorithm: 'RS256', ...app },
] as const satisfies ClientOfBench[]

export type ClientId = (typeof CLIENTS)[number]['id']

export function clientCalled(id: ClientId): ClientOfBench {
  const found = CLIENTS.find((client) => client.id === id)
  if (!found) throw new Error(`no client is called ${id}`)
  return found
}

export const PASSWORD = 'three green pagodas'

/** Of the person with this index, from 0. */
export function numberOf(index: number): string {
  return String(202_400_000_000 + index)
}
