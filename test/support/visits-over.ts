/** A browser that comes back to a visit, and a clock that can be put forward. */
import type { Answer } from './house.ts'
import { sampleClient } from './memory-desk.ts'
import { locationOf, newVisitor } from './provider-visitor.ts'
import { openProviderWorld } from './provider-world.ts'

/** Anew for each: some tests change them. */
const clients = () => [
  sampleClient('library', { initiate_login_uri: 'https://library.school.example/begin?from=here' }),
  sampleClient('club', { first_party: false, client_uri: 'https://club.school.example/home' }),
  sampleClient('plain'),
  sampleClient('app', {
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    redirect_uris: ['cn.edu.school.app:/callback'],
  }),
]

export async function arriveAtVisit(params: Record<string, string> = {}) {
  let now = Date.now()
  const world = await openProviderWorld({ clients: clients(), clock: () => new Date(now) })
  const visitor = newVisitor(world)
  return {
    world,
    visitor,
    page: addressOf(await visitor.authorize({ params })),
    pass(milliseconds: number): void {
      now += milliseconds
    },
    expire(): void {
      world.store.edit('oidc:interaction:', (record) => {
        record['exp'] = Math.floor(now / 1_000) - 60
      })
    },
  }
}

/** Without its origin. */
export function addressOf(answer: Answer): string {
  const location = locationOf(answer)
  return location === null ? '' : location.pathname + location.search
}

/** The address of a step of the same visit. */
export function stepOf(page: string, step: string): string {
  const [path, query] = page.split('?')
  return `${path}/${step}?${query}`
}

export const codeIn = (answer: Answer) => locationOf(answer)?.searchParams.get('code')

/** Whom the browser was sent to, and with which state. */
export const partyOf = (answer: Answer) => [locationOf(answer)?.origin, locationOf(answer)?.searchParams.get('state')]
