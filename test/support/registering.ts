/** A provider world, and a developer who registers a relying party in it. */
import {
  createRegistrationToken,
  type NewRegistrationToken,
  type RegistrationPolicy,
} from '../../src/registration/registration.ts'
import type { ProviderWorld } from './provider-world.ts'

export const POLICY: RegistrationPolicy = {
  hosts: ['lab.school.example', 'tools.school.example', 'loopback', 'cn.edu.school:'],
  scopes: ['openid', 'profile', 'offline_access'],
  authMethods: ['client_secret_basic', 'client_secret_post', 'none'],
}

export const CALLBACK = 'https://lab.school.example/callback'

export async function issueToken(world: ProviderWorld, changes: Partial<NewRegistrationToken> = {}) {
  const asked = { name: '实验室', policy: POLICY, clientsMax: 3, days: 7, ...changes }
  return createRegistrationToken({ ...world.needs, ...wholeTransaction(world), actor: 'operator:wang' }, asked)
}

/** The world's transaction has all that a token needs; its type knows of less. */
export function wholeTransaction({ needs }: ProviderWorld) {
  return { transaction: needs.transaction as never }
}

export interface Registered {
  status: number
  body: Record<string, unknown>
}

export async function registration(
  { house }: ProviderWorld,
  method: 'POST' | 'GET' | 'PUT' | 'DELETE',
  { path = '/reg', token, document }: { path?: string; token?: unknown; document?: object | string },
): Promise<Registered> {
  const body = document === undefined ? undefined : typeof document === 'string' ? document : JSON.stringify(document)
  const answer = await house.send(path, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${String(token)}` }),
      ...(body !== undefined && {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
      }),
    },
    ...(body !== undefined && { body }),
  })
  return { status: answer.status, body: answer.body.startsWith('{') ? JSON.parse(answer.body) : { text: answer.body } }
}
