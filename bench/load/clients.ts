/** The relying parties, APIs and people of the bench, the same at the baseline and at Campus ID. */
export interface ClientOfBench {
  id: string
  /** null: a public client. */
  secret: string | null
  grants: readonly ('authorization_code' | 'refresh_token' | 'client_credentials')[]
  redirectUris: readonly string[]
  scope: string
  /** What Campus ID signs its ID tokens with; the baseline always signs RS256. */
  algorithm: 'ES256' | 'RS256'
  /** The APIs that it calls on its own account. */
  resources: readonly string[]
}

export interface ApiOfBench {
  identifier: string
  format: 'opaque' | 'jwt'
}

export const REDIRECT_URI = 'http://127.0.0.1:9/callback'
export const API_SCOPE = 'rooms:read'

export const OPAQUE_API = 'https://rooms.school.example'
export const JWT_API = 'https://grades.school.example'

export const APIS: readonly ApiOfBench[] = [
  { identifier: OPAQUE_API, format: 'opaque' },
  { identifier: JWT_API, format: 'jwt' },
]

export const SECRET = 'a-secret-of-the-bench-and-of-nobody-else'

const portal = {
  secret: SECRET,
  grants: ['authorization_code'],
  redirectUris: [REDIRECT_URI],
  scope: 'openid profile campus_basic',
  resources: [],
} as const

const app = {
  secret: null,
  grants: ['authorization_code', 'refresh_token'],
  redirectUris: [REDIRECT_URI],
  scope: 'openid profile campus_basic offline_access',
  resources: [],
} as const

/** Nobody signs in at it. */
const machine = { secret: SECRET, redirectUris: [], scope: 'openid', algorithm: 'ES256' } as const

export const CLIENTS = [
  { id: 'portal', algorithm: 'ES256', ...portal },
  { id: 'portal-rs256', algorithm: 'RS256', ...portal },
  { id: 'app', algorithm: 'ES256', ...app },
  { id: 'app-rs256', algorithm: 'RS256', ...app },
  { id: 'timetable', grants: ['client_credentials'], resources: [OPAQUE_API, JWT_API], ...machine },
  /** Asks about tokens, for both APIs. */
  { id: 'api', grants: [], resources: [], ...machine },
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
