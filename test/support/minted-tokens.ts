/** A token of each kind, as they are issued. */
import type { Minted } from './direct-questions.ts'
import { callbackOf, newVisitor, type Visitor } from './provider-visitor.ts'
import { GRADES, ROOMS, type TwoWays } from './two-ways.ts'

export async function mintTokens({ world }: TwoWays): Promise<Minted> {
  const visitor = newVisitor(world)
  const tokenOf = async (client: string, params: Record<string, string>) => {
    const code = await visitor.signIn({ client, params })
    return String((await visitor.redeem(code, { client })).body['access_token'])
  }
  const offline = { scope: 'openid profile campus_org offline_access', prompt: 'consent' }
  const lasting = await visitor.redeem(await visitor.signIn({ params: offline }))
  const claims = JSON.stringify({ userinfo: { campus_id: null } })
  return {
    userinfo: {
      bound: await tokenOf('library', { scope: 'openid campus_basic profile' }),
      lasting: String(lasting.body['access_token']),
      public: await tokenOf('app', { scope: 'openid' }),
      thirdParty: await tokenOf('canteen', { scope: 'openid profile' }),
    },
    resource: {
      persons: await personsToken(visitor),
      clients: await clientsToken(visitor, GRADES),
    },
    others: {
      refresh: String(lasting.body['refresh_token']),
      jwt: await clientsToken(visitor, ROOMS),
      withClaims: await tokenOf('library', { scope: 'openid', claims }),
      unknown: 'x'.repeat(68),
    },
  }
}

async function clientsToken({ machine }: Visitor, resource: string): Promise<string> {
  const { body } = await machine('/token', { grant_type: 'client_credentials', resource }, 'timetable')
  return String(body['access_token'])
}

async function personsToken(visitor: Visitor): Promise<string> {
  const code = await visitor.signIn({ params: { scope: 'openid grades:read grades:write', resource: GRADES } })
  const form = { grant_type: 'authorization_code', code, code_verifier: visitor.verifier, resource: GRADES }
  const { body } = await visitor.machine('/token', { ...form, redirect_uri: callbackOf('library') }, 'library')
  return String(body['access_token'])
}
