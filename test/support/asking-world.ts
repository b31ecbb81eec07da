/** Resource servers that ask about tokens, and a client of each kind that holds one. */
import { sampleClient, sampleResourceServer, sampleService } from './memory-desk.ts'
import { newVisitor, type Visitor } from './provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from './provider-world.ts'

export const GRADES = 'https://api.school.example/grades'
const ROOMS = 'https://rooms.school.example/'
export const scopes = ['grades:read', 'grades:write']

export async function openAskingWorld(): Promise<{ world: ProviderWorld; visitor: Visitor }> {
  const world = await openProviderWorld({
    clients: [
      sampleClient('library', {
        resources: [{ identifier: GRADES, scopes }],
        // So its tokens know the session by name.
        backchannel_logout_uri: 'https://library.school.example/logout',
        backchannel_logout_session_required: true,
      }),
      sampleService('timetable', [{ identifier: GRADES, scopes: ['grades:read'] }]),
      sampleService('grades-api', [], { grant_types: [] }),
      sampleService('rooms-api', [], { grant_types: [] }),
    ],
    resourceServers: [sampleResourceServer(GRADES, 'grades-api'), sampleResourceServer(ROOMS, 'rooms-api')],
  })
  return { world, visitor: newVisitor(world) }
}

/** Of a client on its own account. */
export async function ownToken({ machine }: Visitor): Promise<string> {
  const { body } = await machine('/token', { grant_type: 'client_credentials' }, 'timetable')
  return String(body['access_token'])
}

interface PersonsTokens {
  token: string
  refreshToken: string
  idToken: unknown
}

/** Of somebody who has signed in to a client that calls the resource server. */
export async function personsTokens(
  visitor: Visitor,
  scope = 'openid grades:read grades:write',
): Promise<PersonsTokens> {
  const code = await visitor.signIn({ params: { scope, resource: GRADES, prompt: 'consent' } })
  const form = { grant_type: 'authorization_code', code, code_verifier: visitor.verifier, resource: GRADES }
  const { body } = await visitor.machine(
    '/token',
    { ...form, redirect_uri: 'https://library.school.example/callback' },
    'library',
  )
  const [token, refreshToken] = [String(body['access_token']), String(body['refresh_token'])]
  return { token, refreshToken, idToken: body['id_token'] }
}

export function ask({ machine }: Visitor, token: string, asker = 'grades-api', hint: Record<string, string> = {}) {
  return machine('/token/introspection', { token, ...hint }, asker)
}
